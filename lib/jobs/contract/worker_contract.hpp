#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jobs/contract/rig.hpp"
#include "jobs/worker.hpp"

namespace parley::jobs::contract {

/// A Worker on an adapter, in real time: what it waits for is short, and awaited by its effect.
class WorkerContract : public StoreTest {
 protected:
  ~WorkerContract() override {
    net::ShardScope scope{shard_};
    workers_.clear();
  }

  static WorkerConfig config() {
    WorkerConfig config;
    config.lock = 2s;
    config.stalled_interval = 50ms;
    config.idle_wait = 200ms;
    return config;
  }
  Worker& new_worker(WorkerConfig config = WorkerContract::config()) {
    workers_.push_back(std::make_unique<Worker>(shard_, store_->new_source(), config));
    return *workers_.back();
  }
  /// A worker that notes each run, and does what `process` says.
  Worker& start(Processor process, WorkerConfig config = WorkerContract::config()) {
    Worker& worker = new_worker(config);
    worker.on("n", noting(std::move(process)));
    start(worker);
    return worker;
  }
  void start(Worker& worker) {
    net::ShardScope scope{shard_};
    worker.start();
  }
  Processor noting(Processor process) {
    return [this, process = std::move(process)](Job job) {
      ran_.push_back(job.id);
      return process(std::move(job));
    };
  }
  static Task<Result<json::value>> succeed(Job) { co_return json::value(true); }
  static Task<Result<json::value>> echo(Job job) { co_return job.payload; }
  /// Opens once, for all jobs that wait at it.
  using Gate = std::shared_ptr<bool>;
  static Task<Result<json::value>> wait_for(Gate gate, Job job) {
    while (!*gate) co_await net::sleep_for(1ms);
    co_return json::value(job.is_cancelled());
  }
  /// Jobs wait until `gate` opens.
  static Processor gated(Gate gate) {
    return [gate](Job job) { return wait_for(gate, std::move(job)); };
  }
  static Gate new_gate(bool is_open = false) { return std::make_shared<bool>(is_open); }
  /// Jobs wait until `gate` opens, and then ask whether they may go on.
  static Processor asking(Gate gate, std::vector<Result<Done>>& told) {
    return [gate, &told](Job job) { return ask(gate, told, std::move(job)); };
  }
  static Task<Result<json::value>> ask(Gate gate, std::vector<Result<Done>>& told, Job job) {
    while (!*gate) co_await net::sleep_for(1ms);
    told.push_back(co_await job.hold());
    co_return json::value();
  }

  JobId add_now(JobOptions options = {}, std::string data = "{}") {
    return add(std::move(options), wall_now(), std::move(data));
  }
  void until(const std::function<bool()>& done) {
    ASSERT_TRUE(net::run_until(shard_, done)) << "it does not happen";
  }
  void until_state(const JobId& id, State wanted) {
    for (int i = 0; i < 2000 && state(id) != wanted; ++i) net::run_until(shard_, never, 5ms);
    ASSERT_EQ(state(id), wanted);
  }
  void stop(Worker& worker, std::chrono::milliseconds grace = 5s) {
    bool stopped = false;
    shard_.spawn("stop", stop_it(worker, grace, &stopped));
    ASSERT_TRUE(net::run_until(shard_, [&stopped] { return stopped; }));
  }
  static bool never() { return false; }

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<JobId> ran_;

 private:
  static Task<void> stop_it(Worker& worker, std::chrono::milliseconds grace, bool* stopped) {
    co_await worker.stop(grace);
    *stopped = true;
  }
};

TEST_P(WorkerContract, does_what_was_added_before_and_after_its_start) {
  add_now({}, R"({"a":1})");
  Worker& worker = start(echo);
  until_state("1", State::completed);
  EXPECT_EQ(job("1").return_value, R"({"a":1})");
  add_now({}, "[2]");
  until_state("2", State::completed);
  EXPECT_EQ(job("2").return_value, "[2]");
  EXPECT_EQ(worker.stats().completed, 2u);
  EXPECT_EQ(worker.stats().running, 0u);
}

TEST_P(WorkerContract, runs_as_many_at_once_as_it_is_told) {
  const auto gate = new_gate();
  WorkerConfig three = config();
  three.concurrency = 3;
  for (int i = 0; i < 5; ++i) add_now();
  const Worker& worker = start(gated(gate), three);
  until([&worker] { return worker.stats().running == 3; });
  net::run_until(shard_, never, 20ms);
  EXPECT_EQ(ran_.size(), 3u);
  EXPECT_EQ(counts().active, 3u);
}

TEST_P(WorkerContract, shares_many_jobs_with_another_worker_and_does_each_once) {
  WorkerConfig four = config();
  four.concurrency = 4;
  std::vector<NewJob> jobs(200, NewJob{"n", "{}", {}});
  start(succeed, four);
  start(succeed, four);
  good(queue().add_all(jobs, wall_now()));
  for (int i = 0; i < 2000 && counts().completed < 200; ++i) net::run_until(shard_, never, 5ms);
  EXPECT_EQ(counts(), (Counts{0, 0, 0, 0, 200, 0, 0, false}));
  std::map<JobId, int> runs;
  for (const JobId& id : ran_) ++runs[id];
  EXPECT_EQ(runs.size(), 200u);
  EXPECT_EQ(ran_.size(), 200u);
}

TEST_P(WorkerContract, retries_until_the_attempts_are_exhausted) {
  JobOptions options;
  options.attempts = 3;
  options.backoff = Backoff{Backoff::Kind::fixed, 1ms, 0};
  add_now(options);
  const Worker& worker = start(
      [](Job) -> Task<Result<json::value>> { co_return fail(Errc::unavailable, "no route"); });
  until_state("1", State::failed);
  const Job failed = job("1");
  EXPECT_EQ(failed.attempts_made, 3u);
  EXPECT_EQ(failed.failed_reason, "no route");
  EXPECT_EQ(failed.stacktrace.size(), 3u);
  EXPECT_EQ(worker.stats().retried, 2u);
  EXPECT_EQ(worker.stats().failed, 1u);
  const auto told = story("1");
  EXPECT_EQ(std::count(told.begin(), told.end(), "retries-exhausted"), 1);
}

TEST_P(WorkerContract, does_not_retry_a_job_that_is_wrong_itself) {
  JobOptions options;
  options.attempts = 9;
  add_now(options);
  start([](Job) -> Task<Result<json::value>> { co_return fail(Errc::bad_request, "no mailbox"); });
  until_state("1", State::failed);
  EXPECT_EQ(job("1").attempts_made, 1u);
}

TEST_P(WorkerContract, takes_an_exception_for_a_failure) {
  add_now();
  start([](Job) -> Task<Result<json::value>> {
    throw std::runtime_error("boom");
    co_return json::value();
  });
  until_state("1", State::failed);
  EXPECT_EQ(job("1").failed_reason, "boom");
}

TEST_P(WorkerContract, fails_jobs_of_unknown_names_and_lives_on) {
  good(queue().add({"unknown", "{}", {}}, wall_now()));
  add_now();
  start(succeed);
  until_state("1", State::failed);
  until_state("2", State::completed);
  EXPECT_EQ(ran_, (std::vector<JobId>{"2"}));
}

TEST_P(WorkerContract, hands_every_name_to_who_takes_any) {
  good(queue().add({"unknown", "{}", {}}, wall_now()));
  Worker& worker = new_worker();
  worker.on_any(noting(succeed));
  start(worker);
  until_state("1", State::completed);
  EXPECT_EQ(ran_, (std::vector<JobId>{"1"}));
}

TEST_P(WorkerContract, begins_a_delayed_job_when_it_is_due) {
  JobOptions options;
  options.delay = 60ms;
  const Time added = wall_now();
  add(options, added);
  start(succeed);
  until_state("1", State::completed);
  EXPECT_GE(*job("1").processed_at, added + 60ms);
}

TEST_P(WorkerContract, keeps_the_lock_of_a_long_job) {
  WorkerConfig brief = config();
  brief.lock = 800ms;
  brief.stalled_interval = 50ms;
  const auto gate = new_gate();
  add_now();
  start(gated(gate), brief);
  const Worker& onlooker = start(succeed, brief);
  until_state("1", State::active);
  net::run_until(shard_, never, 1200ms);
  EXPECT_EQ(onlooker.stats().rescued, 0u);
  *gate = true;
  until_state("1", State::completed);
  EXPECT_EQ(job("1").return_value, "false") << "it was not cancelled";
  EXPECT_EQ(ran_.size(), 1u);
}

TEST_P(WorkerContract, keeps_the_job_of_a_run_that_asks) {
  add_now();
  std::vector<Result<Done>> told;
  start(asking(new_gate(true), told));
  until_state("1", State::completed);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0]);
}

TEST_P(WorkerContract, tells_a_run_that_asks_when_somebody_else_may_do_its_job) {
  WorkerConfig brief = config();
  brief.lock = 1ms;  // As when the process stands still for longer than a lock.
  const auto gate = new_gate();
  std::vector<Result<Done>> told;
  add_now();
  start(asking(gate, told), brief);
  until_state("1", State::active);
  until_state("1", State::waiting);
  *gate = true;
  until([&told] { return !told.empty(); });
  ASSERT_FALSE(told[0]);
  EXPECT_EQ(told[0].error().code, Errc::conflict);
}

TEST_P(WorkerContract, tells_a_run_that_asks_when_its_job_was_given_back) {
  const auto gate = new_gate();
  std::vector<Result<Done>> told;
  add_now();
  Worker& worker = start(asking(gate, told));
  until_state("1", State::active);
  stop(worker, 1ms);
  *gate = true;
  until([&told] { return !told.empty(); });
  ASSERT_FALSE(told[0]);
  EXPECT_EQ(told[0].error().code, Errc::conflict);
}

TEST_P(WorkerContract, rescues_the_jobs_of_a_dead_worker) {
  add_now();
  good(source_->take(taking("dead", 1ms), wall_now()));
  const Worker& worker = start(succeed);
  until_state("1", State::completed);
  EXPECT_EQ(worker.stats().rescued, 1u);
  EXPECT_EQ(job("1").stalled_count, 1u);
}

TEST_P(WorkerContract, fails_a_job_that_stalls_too_often_without_running_it) {
  WorkerConfig strict = config();
  strict.max_stalled = 0;
  add_now();
  good(source_->take(taking("dead", 1ms), wall_now()));
  start(succeed, strict);
  until_state("1", State::failed);
  EXPECT_EQ(job("1").failed_reason, "job stalled more than allowable limit");
  EXPECT_TRUE(ran_.empty());
}

TEST_P(WorkerContract, takes_no_jobs_while_the_queue_is_paused) {
  good(queue().pause());
  start(succeed);
  add_now();
  net::run_until(shard_, never, 30ms);
  EXPECT_TRUE(ran_.empty());
  good(queue().resume());
  until_state("1", State::completed);
}

TEST_P(WorkerContract, takes_no_jobs_while_it_is_paused_itself) {
  Worker& worker = start(succeed);
  worker.pause();
  add_now();
  net::run_until(shard_, never, 30ms);
  EXPECT_TRUE(ran_.empty());
  {
    net::ShardScope scope{shard_};
    worker.resume();
  }
  until_state("1", State::completed);
}

TEST_P(WorkerContract, waits_at_its_stop_for_jobs_that_end_soon) {
  const auto gate = new_gate();
  add_now(), add_now();
  Worker& worker = start(gated(gate));
  until_state("1", State::active);
  shard_.post([gate] { *gate = true; });
  stop(worker);
  EXPECT_EQ(state("1"), State::completed);
  EXPECT_EQ(state("2"), State::waiting) << "no new one is taken";
}

TEST_P(WorkerContract, gives_back_at_its_stop_what_does_not_end) {
  const auto gate = new_gate();
  add_now();
  Worker& worker = start(gated(gate));
  until_state("1", State::active);
  stop(worker, 1ms);
  EXPECT_EQ(state("1"), State::waiting);
  EXPECT_EQ(job("1").attempts_made, 0u);
  EXPECT_EQ(worker.stats().given_back, 1u);
  *gate = true;
  net::run_until(shard_, never, 20ms);
  EXPECT_EQ(state("1"), State::waiting) << "the late result counts for nothing";
  EXPECT_EQ(worker.stats().completed, 0u);
  start(succeed);
  until_state("1", State::completed);
}

TEST_P(WorkerContract, stops_at_once_when_it_is_idle) {
  WorkerConfig patient = config();
  patient.idle_wait = 5s;
  patient.concurrency = 4;
  Worker& worker = start(succeed, patient);
  add_now();
  until_state("1", State::completed);
  const auto began = std::chrono::steady_clock::now();
  stop(worker);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST_P(WorkerContract, keeps_finished_jobs_as_it_is_told_unless_they_say) {
  WorkerConfig tidy = config();
  tidy.remove_on_complete = Keep::none();
  JobOptions stays;
  stays.remove_on_complete = Keep::all();
  add_now(), add_now(stays);
  start(succeed, tidy);
  until_state("2", State::completed);
  EXPECT_EQ(state("1"), State::none);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WorkerContract);

}  // namespace parley::jobs::contract
