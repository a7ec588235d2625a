#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "jobs/verdict.hpp"
#include "jobs/worker.hpp"
#include "net/signal.hpp"

namespace parley::jobs {

/// What the coroutines of a Worker share; each of them keeps it alive.
class Worker::State : public std::enable_shared_from_this<Worker::State> {
 public:
  State(net::Shard& home, std::shared_ptr<Source> source, WorkerConfig config);

  void start();
  /// All waits end; no job is taken any more.
  void begin_stop();
  void wake_all();

  static Task<void> wait_for_end(std::shared_ptr<State> self, std::chrono::milliseconds grace);

  std::map<std::string, Processor, std::less<>> processors;
  Processor any;
  bool is_paused = false;
  bool is_stopping = false;
  std::string refusal;
  std::atomic<bool> is_refused = false;

  struct Counters {
    std::atomic<std::uint64_t> completed = 0, failed = 0, retried = 0, rescued = 0, given_back = 0,
                               lost = 0, running = 0;
  } counters;

 private:
  using Self = std::shared_ptr<State>;

  /// A job in work, from its take to the end of its settling.
  struct Run {
    Lock lock;
    SteadyTime renewed;
    bool is_settling = false;
    std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  };
  /// A job, and the token that it was taken with.
  struct Held {
    Job job;
    Token token;
  };

  static Task<void> open(Self self);
  static Task<void> run_slot(Self self);
  static Task<void> renew_locks(Self self);
  static Task<void> look_for_stalled(Self self);

  /// Takes the next job, waiting for it; nullopt at the end.
  static Task<std::optional<Held>> find(Self self);
  /// Until there may be work, at the latest at `look_again_at`. One slot waits at the source, the
  /// others for a slot that found something.
  static Task<void> idle(Self self, std::optional<Time> look_again_at);
  /// The source did not answer; rests, a little longer each time.
  static Task<void> rest(Self self, Error error);

  /// Runs, settles, and takes the next one in the same step.
  static Task<std::optional<Held>> work(Self self, Held held);
  static Task<Result<json::value>> process(Self self, Job job);
  static Task<Result<Done>> hold(Self self, Token token);
  static Task<std::optional<Held>> settle(Self self, Held held, Ending ending);
  static Task<void> give_back(Self self, Lock lock);

  Ending ending_of(const Held& held, const Result<json::value>& value);
  Taking new_taking();
  bool may_take() const { return !is_stopping && !is_paused; }
  void count(const Ending& ending);
  void forget(const Token& token);
  void lose(const Token& token);
  std::vector<Lock> locks_to_renew();
  std::chrono::milliseconds wait_before(std::optional<Time> look_again_at) const;

  net::Shard& home_;
  const std::shared_ptr<Source> source_;
  const WorkerConfig config_;
  const std::string token_base_;
  std::uint64_t tokens_ = 0;
  std::minstd_rand random_;
  std::map<Token, Run> runs_;

  std::size_t slots_ = 0;                          ///< Coroutines of run_slot that live.
  bool is_someone_waiting_ = false;                ///< At the source.
  std::deque<std::shared_ptr<net::Signal>> idle_;  ///< The other slots that found nothing.
  /// Of each coroutine that sleeps: so that a stop ends them at once.
  std::shared_ptr<net::Signal> renewal_, rescue_, ended_;
  std::set<std::shared_ptr<net::Signal>> resting_;
  std::chrono::milliseconds rest_time_{0};
};

}  // namespace parley::jobs
