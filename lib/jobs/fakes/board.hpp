#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/detail/signal.hpp"
#include "jobs/lifecycle.hpp"

namespace parley::jobs::fakes {

/// The jobs of a MemoryQueue and the lists that they are in. Nothing here waits.
class Board {
 public:
  explicit Board(Executor executor) : executor_(executor) {}

  Added add(NewJob job, Time now);
  Taken take(const Taking& how, Time now);
  Result<Taken> settle(const Ending& ending, const std::optional<Taking>& next, Time now);
  std::vector<JobId> extend(const std::vector<Lock>& locks, std::chrono::milliseconds lock);
  std::vector<JobId> rescue(Source::Stalled how, Time now);

  Counts counts() const;
  /// In the order of Inspection::list.
  std::vector<JobId> ids(State state) const;
  Job* find(const JobId& id);
  std::vector<Event> events(const std::string& after, std::size_t limit) const;

  Result<Done> retry(const JobId& id);
  Result<Done> promote(const JobId& id);
  Result<Done> remove(const JobId& id);
  void set_paused(bool paused);
  /// Forgets the job, and its claim.
  void erase(const JobId& id);
  void clear();
  void tell(Event event);

  std::shared_ptr<detail::Signal> new_waiter();
  std::map<JobId, std::vector<std::string>> logs;

 private:
  struct Held {
    Token token;
    Time until;
  };
  /// Takes the job out of the list that its state names.
  void take_out(const Job& job);
  /// Puts it at the end of its line.
  void put_in(const Job& job, bool in_front = false);
  void tell_all(Events events);
  void promote_due(Time now);
  bool is_over_rate(const Taking& how, Time now);
  std::optional<JobId> next_id();
  Result<Added> claim_for(const NewJob& job, const JobId& id, Time now);
  void finish(Job& job, const Ending& ending, Time now);
  void wake();

  Executor executor_;
  std::map<JobId, Job> jobs_;
  std::deque<JobId> waiting_;  ///< Next first.
  std::set<std::pair<std::uint64_t, JobId>> prioritized_;
  std::set<std::pair<std::pair<Time, std::uint64_t>, JobId>> delayed_;
  std::deque<JobId> active_;                 ///< Oldest first.
  std::deque<Finished> completed_, failed_;  ///< Newest first.
  std::map<JobId, Held> locks_;
  std::map<std::string, Owner> owners_;
  std::set<JobId> stalled_;
  std::optional<Time> next_check_;
  std::vector<Event> events_;
  std::uint64_t ids_ = 0, turns_ = 0, told_ = 0;
  bool is_paused_ = false;
  std::size_t started_in_window_ = 0;
  Time window_end_{}, now_{};
  std::vector<std::weak_ptr<detail::Signal>> waiters_;
};

}  // namespace parley::jobs::fakes
