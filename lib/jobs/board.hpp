#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "jobs/detail/claims.hpp"
#include "jobs/detail/event_ring.hpp"
#include "jobs/detail/lines.hpp"
#include "jobs/job.hpp"
#include "jobs/lifecycle.hpp"
#include "jobs/queue.hpp"
#include "jobs/source.hpp"

namespace parley::jobs {

/// What a Board takes at most; it is all in memory, where a job takes about a kilobyte and its
/// texts. Jobs with a priority, which go last, find half of the room for unfinished ones.
struct BoardLimits {
  std::size_t unfinished = 1'000'000;  ///< Jobs that wait, rest or run; one more is `overloaded`.
  /// Of all jobs' texts; an add that would take unfinished ones beyond it is `overloaded`. The
  /// oldest that finished go for others.
  std::size_t bytes = 256u << 20;
  std::size_t job_bytes = 1u << 20;   ///< Of one job's name, data and ids: `too_large`.
  std::size_t finished = 100'000;     ///< Of each kind; the oldest one goes, whatever its options.
  std::size_t log_bytes = 64u << 10;  ///< Of one job's log; the oldest lines go.
  std::size_t events = 10'000;        ///< The newest that are kept.
};

/// Hears which rows of a Board have changed, as it happens: the row is as the board shows it when
/// the call on the board has returned. It must not call the board.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual void job_changed(const JobId&) {}
  virtual void log_changed(const JobId&) {}
  virtual void owner_changed(const std::string& /*deduplication_id*/) {}
  virtual void meta_changed() {}
  /// Who waits for jobs may find one now.
  virtual void work_arrived() {}
};

/// A queue's whole state, decided in memory: nothing here waits, reads a clock or a disk. Adapters
/// that keep jobs themselves run one and store what its Journal names. One thread. Every step costs
/// O(log jobs), and what it moves; list() costs its offset as well. `now` may step back.
class Board {
 public:
  /// What is neither a job nor a claim.
  struct Meta {
    std::uint64_t ids = 0;  ///< Jobs that were ever added.
    bool is_paused = false;
  };

  /// `journal` outlives it. Events are numbered from `first_event`.
  explicit Board(Journal& journal, BoardLimits limits = {}, std::uint64_t first_event = 1);

  // Producer. What jobs::check refuses must not come here.

  /// All or none. overloaded, too_large: BoardLimits.
  Result<std::vector<Added>> add(std::vector<NewJob> jobs, Time now);

  // Source.

  Taken take(const Taking& how, Time now);
  Result<Taken> settle(const Ending& ending, const std::optional<Taking>& next, Time now);
  std::vector<Token> extend(const std::vector<Lock>& locks, std::chrono::milliseconds lock,
                            Time now);
  std::vector<JobId> rescue(Source::Stalled how, Time now);

  // Inspection.

  Counts counts() const;
  Result<std::vector<Job>> list(State state, Page page) const;
  Result<Job> get(const JobId& id) const;
  std::vector<std::string> log_of(const JobId& id, Page page) const;
  std::vector<Event> events(const std::string& after, std::size_t limit) const;

  // JobControl.

  Result<Done> retry(const JobId& id);
  Result<Done> promote(const JobId& id);
  Result<Done> remove(const JobId& id, Time now);
  /// `json` is JSON.
  Result<Done> set_progress(const JobId& id, std::string json);
  Result<Done> append_log(const JobId& id, std::string line);

  // QueueControl.

  void set_paused(bool is_paused);
  /// Removes up to `limit` of what waits; gives how many.
  std::size_t drain(bool with_delayed, std::size_t limit);
  Result<std::size_t> clean(const QueueControl::Clean& what, Time now);
  /// Removes up to `limit` jobs; true when the queue is as new.
  Result<bool> obliterate(bool force, std::size_t limit);

  // Rows, for who stores them.

  /// nullptr: no such job.
  const Placed* find(const JobId& id) const { return lines_.find(id); }
  /// nullptr: nobody owns it.
  const Owner* owner(const std::string& deduplication_id) const {
    return claims_.find(deduplication_id);
  }
  /// nullptr: it has none.
  const std::deque<std::string>* log(const JobId& id) const;
  Meta meta() const { return {ids_, is_paused_}; }
  /// That a call told last.
  Time now() const { return now_; }
  std::uint64_t next_event() const { return events_.next(); }

  // What was stored, in any order, into a new board; nothing of it is journaled. Then the first
  // call.

  /// False when the id is there, or the state is none that a board has.
  bool restore(Placed job);
  void restore(std::string deduplication_id, Owner owner);
  void restore(const JobId& id, std::deque<std::string> log);
  void restore(Meta meta);
  /// Active jobs, whose workers died with the program that stored them, are stalled. They run again
  /// first of all, and after a second end of that kind one by one when they have rested
  /// (rest_after_ends): one of them may be what ends the program. Journaled.
  std::vector<JobId> recover(unsigned max_stalled, Time now);
  /// Instead, when their workers live: gives them `lock` anew.
  void relock(std::chrono::milliseconds lock, Time now);

 private:
  /// Lets finished jobs go where that makes enough of it.
  Result<Done> make_room(const std::vector<NewJob>& jobs);
  Added add_one(NewJob job, Time now);
  /// The answer when the deduplication id is another's.
  std::optional<Added> claim_for(const NewJob& job, const JobId& id, Time now);
  void replace(const JobId& old, const JobId& id, const std::string& deduplication_id);
  void promote_due(Time now);
  bool is_over_rate(const Taking& how, Time now);
  Result<Done> check_lock(const JobId& id, const Token& token, Time now) const;
  void finish(const JobId& id, Keep keep, Time now);
  /// Unless the job has finished, and the claim has a ttl.
  void free_claim(const Job& job);
  void stall(const JobId& id, unsigned max_stalled, std::chrono::milliseconds rest = {});
  /// Forgets the job, its log and, unless it has a ttl of its own, its claim.
  void erase(const JobId& id);
  /// In the line of its state, and journaled.
  void put(Job job, Side side, Time now);
  Result<Job> take_out(const JobId& id, bool (*is_right)(State));
  void tell(Event event);
  void tell(Events events);

  Journal& journal_;
  const BoardLimits limits_;
  detail::Lines lines_;
  detail::Claims claims_;
  detail::EventRing events_;
  std::map<JobId, std::deque<std::string>> logs_;
  std::map<JobId, Time> locks_;  ///< Of active jobs: until when. The token is in Placed.
  std::set<JobId> stalled_;      ///< Active at the last look.
  std::optional<Time> next_look_;
  std::uint64_t ids_ = 0;
  bool is_paused_ = false;
  std::size_t started_in_window_ = 0;
  Time window_end_{}, now_{};
};

}  // namespace parley::jobs
