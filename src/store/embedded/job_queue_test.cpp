#include "store/embedded/job_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "jobs/worker.hpp"
#include "net/shard.hpp"
#include "store/embedded/backup.hpp"
#include "store/embedded/faulty_disk.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;
using jobs::Ending;
using jobs::State;
using Ids = std::vector<jobs::JobId>;

jobs::NewJob job_of(const chat::Message& message) {
  jobs::NewJob job{"mail", "{}", {}};
  job.options.id = message.conversation_id.hex() + "-" + message.id.hex();
  return job;
}

/// An open store with its queue, whose messages cause jobs, and a worker's side.
struct Open {
  explicit Open(Config config, jobs::BoardLimits limits = {})
      : store(std::move(config)), queue(*store.database, limits) {
    store.messages().set_jobs(
        queue, [this](const chat::Message& message) { return make(message); },
        [this](const chat::Message&) { ++not_added; });
  }

  net::Shard shard{0};
  OpenStore store;
  JobQueue queue;
  std::shared_ptr<jobs::Source> source = queue.new_source(shard);
  MessageStore::JobOfMessage make = job_of;
  int not_added = 0;
};

class JobQueueTest : public ::testing::Test {
 protected:
  Config config() const { return small_config(directory_.path()); }

  jobs::JobId add(Open& open, jobs::JobOptions options = {}, Time now = at(0)) {
    return caller_.good(open.queue.add({"n", "{}", std::move(options)}, now)).id;
  }
  std::optional<jobs::Job> take(Open& open, Time now = at(0)) {
    return caller_.good(open.source->take({"t", 30s, "w", {}}, now)).job;
  }
  static Ending ending(jobs::JobId id, Ending::Kind kind, std::string text = "null") {
    Ending made;
    made.id = std::move(id);
    made.token = "t";
    made.kind = kind;
    made.text = std::move(text);
    return made;
  }
  void settle(Open& open, Ending how, Time now = at(10)) {
    caller_.good(open.source->settle(std::move(how), {}, now));
  }
  Ids ids(Open& open, State state) {
    Ids some;
    for (const auto& job : caller_.good(open.queue.list(state, {}))) some.push_back(job.id);
    return some;
  }
  jobs::Counts counts(Open& open) { return caller_.good(open.queue.counts()); }
  chat::NewMessage mailed(std::string text, std::optional<std::string> client_id = {}) {
    return {alice_, bob_, std::move(text), std::move(client_id), at(1000), true};
  }
  void meet(Open& open) {
    alice_ = caller_.user(open.store, "alice");
    bob_ = caller_.user(open.store, "bob");
  }

  TemporaryDirectory directory_;
  Caller caller_;
  chat::UserId alice_, bob_;
};

TEST_F(JobQueueTest, keeps_jobs_of_every_state_across_a_restart) {
  {
    Open open(config());
    jobs::JobOptions urgent, later, first, keyed;
    urgent.priority = 5;
    later.delay = 60s;
    first.lifo = true;
    keyed.id = "mine";
    keyed.deduplication = jobs::Deduplication{"d", 3600s, false, false};
    keyed.attempts = 3;
    for (int i = 0; i < 4; ++i) add(open);  // 1..4
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(take(open));
    settle(open, ending("1", Ending::Kind::completed, R"({"sent":true})"));
    settle(open, ending("2", Ending::Kind::failed, "no such mailbox"));
    Ending again = ending("3", Ending::Kind::retry, "busy");
    again.delay = 30s;
    settle(open, again);
    add(open, urgent), add(open, later), add(open, first), add(open, keyed);
    caller_.good(open.queue.set_progress("4", "50"));
    caller_.good(open.queue.append_log("4", "half done"));
    caller_.good(open.queue.pause());
  }
  Open open(config());
  EXPECT_EQ(counts(open), (jobs::Counts{3, 1, 0, 2, 1, 1, 0, true}));
  EXPECT_EQ(ids(open, State::waiting), (Ids{"7", "4", "mine"}));
  EXPECT_EQ(ids(open, State::prioritized), Ids{"5"});
  EXPECT_EQ(ids(open, State::delayed), (Ids{"3", "6"}));
  EXPECT_EQ(caller_.good(open.queue.get("1")).return_value, R"({"sent":true})");
  EXPECT_EQ(caller_.good(open.queue.get("2")).failed_reason, "no such mailbox");
  EXPECT_EQ(caller_.good(open.queue.get("3")).attempts_made, 1u);
  EXPECT_EQ(caller_.good(open.queue.get("4")).progress, "50");
  EXPECT_EQ(caller_.good(open.queue.log_of("4", {})), std::vector<std::string>{"half done"});
  EXPECT_EQ(caller_.good(open.queue.get("mine")).options.attempts, 3u);
  jobs::JobOptions same;
  same.deduplication = jobs::Deduplication{"d", 3600s, false, false};
  EXPECT_EQ(add(open, same), "mine");
  EXPECT_EQ(add(open), "10") << "the counter went on";
  EXPECT_EQ(broken_rules(*open.store.database), "");
}

TEST_F(JobQueueTest, runs_again_what_ran_when_the_program_ended) {
  for (int run = 1; run <= 2; ++run) {
    Open open(config());
    if (run == 1) add(open), add(open);
    EXPECT_EQ(ids(open, State::waiting).front(), "1");
    const auto taken = take(open);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->stalled_count, static_cast<unsigned>(run) - 1);
    EXPECT_EQ(taken->deferred_failure, "");
  }
  Open open(config());
  const auto told = caller_.good(open.queue.events("", 100));
  EXPECT_EQ(told.back().name, "stalled");
  EXPECT_EQ(told.back().field("jobId"), "1");
  EXPECT_EQ(ids(open, State::delayed), Ids{"1"}) << "twice is no chance any more: it rests first";
  EXPECT_EQ(ids(open, State::waiting), Ids{"2"});
  EXPECT_EQ(broken_rules(*open.store.database), "");
}

TEST_F(JobQueueTest, gives_up_only_what_ran_at_many_ends_of_the_program) {
  Time now = at(0);
  Config timed = config();
  timed.clock = [&now] { return now; };
  for (unsigned end = 0; end <= JobQueue::max_stalled; ++end, now += 10min) {
    Open open(timed);
    if (end == 0) add(open, {}, now);
    EXPECT_EQ(counts(open).active, 0u);
    const auto taken = take(open, now + 5min);
    ASSERT_TRUE(taken) << "after " << end;
    EXPECT_EQ(taken->stalled_count, end);
    EXPECT_EQ(taken->deferred_failure, "");
  }
  Open open(timed);
  EXPECT_NE(take(open, now)->deferred_failure, "");
  settle(open, ending("1", Ending::Kind::failed), now);
  caller_.good(open.queue.retry("1", now));
  EXPECT_EQ(take(open, now)->deferred_failure, "") << "an operator may try once more";
  EXPECT_GE(JobQueue::max_stalled, 10u);
}

TEST_F(JobQueueTest, numbers_events_upwards_across_a_restart) {
  std::string last;
  {
    Open open(config());
    add(open);
    last = caller_.good(open.queue.events("", 100)).back().id;
  }
  Config later = config();
  later.clock = [] { return at(5000); };
  Open open(later);
  add(open);
  EXPECT_EQ(caller_.good(open.queue.events(last, 100)).size(), 2u);
}

TEST_F(JobQueueTest, commits_a_message_and_its_job_together) {
  chat::Message message;
  {
    Open open(config());
    meet(open);
    const auto synced = open.store.database->stats().synced_commits.load();
    message = caller_.good(open.store.messages().append(mailed("hello"))).message;
    EXPECT_EQ(open.store.database->stats().synced_commits, synced + 1) << "one batch";
    caller_.say(open.store, alice_, bob_, "nobody is told of this one");
  }
  Open open(config());
  EXPECT_EQ(ids(open, State::waiting), Ids{message.conversation_id.hex() + "-" + message.id.hex()});
  EXPECT_EQ(caller_.good(open.queue.list(State::waiting, {}))[0].created_at, at(1000));
}

TEST_F(JobQueueTest, adds_no_job_for_a_message_that_was_sent_before) {
  Open open(config());
  meet(open);
  caller_.good(open.store.messages().append(mailed("once", "c-1")));
  EXPECT_TRUE(caller_.good(open.store.messages().append(mailed("once", "c-1"))).duplicate);
  EXPECT_EQ(caller_.refusal(open.store.messages().append(
                {alice_, chat::UserId{}, "to nobody", {}, at(0), true})),
            Errc::not_found);
  EXPECT_EQ(counts(open).waiting, 1u);
}

TEST_F(JobQueueTest, says_when_the_job_of_a_message_is_there_already) {
  Open open(config());
  meet(open);
  open.make = [](const chat::Message&) {
    jobs::NewJob same{"mail", "{}", {}};
    same.options.id = "same";
    return same;
  };
  caller_.good(open.store.messages().append(mailed("one")));
  EXPECT_EQ(open.not_added, 0);
  caller_.good(open.store.messages().append(mailed("two")));
  EXPECT_EQ(open.not_added, 1);
  open.make = [](const chat::Message&) { return std::nullopt; };
  caller_.good(open.store.messages().append(mailed("three")));
  EXPECT_EQ(open.not_added, 1);
  EXPECT_EQ(counts(open).waiting, 1u);
}

TEST_F(JobQueueTest, lets_a_message_go_without_a_job_when_too_many_wait) {
  jobs::BoardLimits one;
  one.unfinished = 1;
  Open open(config(), one);
  meet(open);
  for (int i = 0; i < 3; ++i) caller_.good(open.store.messages().append(mailed(std::to_string(i))));
  EXPECT_EQ(counts(open).waiting, 1u);
  EXPECT_EQ(open.store.database->stats().refused_jobs, 2u);
  EXPECT_EQ(open.not_added, 2);
  EXPECT_EQ(caller_.refusal(open.queue.add({"n", "{}", {}}, at(0))), Errc::overloaded);
}

TEST_F(JobQueueTest, syncs_what_it_promises_and_no_take) {
  Open open(config());
  const auto& synced = open.store.database->stats().synced_commits;
  const auto costs = [&](auto&& step) {
    const auto before = synced.load();
    step();
    return synced.load() - before;
  };
  EXPECT_EQ(costs([&] { add(open); }), 1u);
  EXPECT_EQ(costs([&] { take(open); }), 0u);
  EXPECT_EQ(costs([&] { take(open); }), 0u) << "nothing to take";
  EXPECT_EQ(costs([&] { caller_.good(open.source->extend({{"1", "t"}}, 30s, at(0))); }), 0u);
  EXPECT_EQ(costs([&] { settle(open, ending("1", Ending::Kind::failed)); }), 1u);
  EXPECT_EQ(costs([&] { caller_.good(open.queue.retry("1", at(20))); }), 1u);
  EXPECT_EQ(costs([&] { counts(open), ids(open, State::waiting); }), 0u);
  EXPECT_EQ(costs([&] { caller_.good(open.queue.pause()); }), 1u);
}

TEST_F(JobQueueTest, shares_one_sync_among_jobs_that_come_together) {
  Open open(config());
  const auto before = open.store.database->stats().synced_commits.load();
  std::vector<Task<Result<jobs::Added>>> tasks;
  for (int i = 0; i < 500; ++i) tasks.push_back(open.queue.add({"n", "{}", {}}, at(i)));
  for (const auto& added : chat::fakes::run_all(caller_.context, std::move(tasks)))
    EXPECT_TRUE(added && added->is_new);
  EXPECT_LT(open.store.database->stats().synced_commits - before, 250u);
  EXPECT_EQ(counts(open).waiting, 500u);
}

TEST_F(JobQueueTest, empties_a_long_queue_in_batches) {
  Open open(config());
  for (int i = 0; i < 3; ++i) {
    std::vector<jobs::NewJob> thousand(1000, jobs::NewJob{"n", "{}", {}});
    caller_.good(open.queue.add_all(std::move(thousand), at(0)));
  }
  EXPECT_EQ(caller_.good(open.queue.clean({State::waiting, 0ms, 1500}, at(0))), 1500u);
  caller_.good(open.queue.drain(false));
  EXPECT_EQ(counts(open), jobs::Counts{});
  std::vector<jobs::NewJob> more(1000, jobs::NewJob{"n", "{}", {}});
  caller_.good(open.queue.add_all(std::move(more), at(0)));
  caller_.good(open.queue.pause());
  caller_.good(open.queue.obliterate(false));
  EXPECT_EQ(add(open), "1");
  EXPECT_EQ(broken_rules(*open.store.database), "");
}

TEST_F(JobQueueTest, refuses_changes_once_the_store_is_closed) {
  Open open(config());
  add(open);
  open.store.database->close();
  EXPECT_EQ(caller_.refusal(open.queue.add({"n", "{}", {}}, at(0))), Errc::closed);
  EXPECT_EQ(caller_.refusal(open.source->take({"t", 30s, "w", {}}, at(0))), Errc::closed);
}

TEST_F(JobQueueTest, is_in_backups) {
  const auto copy = directory_.path() / "copy", moved = directory_.path() / "moved";
  {
    Open open(config());
    add(open), add(open), take(open);
    ASSERT_TRUE(open.store.database->checkpoint(copy));
    settle(open, ending("1", Ending::Kind::completed));
    add(open);
  }
  ASSERT_TRUE(restore(copy, moved));
  Open open(small_config(moved));
  EXPECT_EQ(ids(open, State::waiting), (Ids{"1", "2"}));
  EXPECT_EQ(broken_rules(*open.store.database), "");
}

TEST_F(JobQueueTest, wakes_workers_of_other_shards) {
  static std::atomic<int> done;
  done = 0;
  net::Shards shards(2);
  OpenStore store(config());
  JobQueue queue(*store.database);
  std::vector<std::unique_ptr<jobs::Worker>> workers;
  const auto succeed = [](jobs::Job) -> Task<Result<json::value>> {
    ++done;
    co_return json::value(true);
  };
  shards.start();
  std::atomic<int> started = 0;
  for (auto& shard : shards) {
    jobs::WorkerConfig patient;
    patient.concurrency = 4;
    patient.idle_wait = 60s;  // a wake-up that got lost would be noticed
    workers.push_back(std::make_unique<jobs::Worker>(*shard, queue.new_source(*shard), patient));
    workers.back()->on("n", succeed);
    shard->post([&started, worker = workers.back().get()] {
      worker->start();
      ++started;
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  const auto wait_for = [deadline](const std::atomic<int>& counter, int wanted) {
    while (counter < wanted && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    return counter.load();
  };
  ASSERT_EQ(wait_for(started, 2), 2);
  for (int i = 1; i <= 200; ++i) {
    caller_.good(queue.add({"n", "{}", {}}, wall_now()));
    if (i % 10 == 0) {
      EXPECT_EQ(wait_for(done, i), i) << "nobody woke";
    }
  }
  store.database->close();
  shards.stop();
  workers.clear();
  EXPECT_EQ(done, 200);
}

class FaultyJobQueue : public JobQueueTest {
 protected:
  Config faulty() {
    Config made = config();
    made.env = disk_.env();
    made.alive_interval = 20ms;
    return made;
  }
  void mend(Database& database) {
    disk_.set(FaultyDisk::Fault::none);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!database.health() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    ASSERT_TRUE(database.health());
  }
  FaultyDisk disk_;
};
class FailingJobQueue : public FaultyJobQueue,
                        public ::testing::WithParamInterface<FaultyDisk::Fault> {};

TEST_P(FailingJobQueue, takes_back_what_did_not_reach_the_disk) {
  Open open(faulty());
  meet(open);
  add(open), add(open);
  ASSERT_EQ(take(open)->id, "1");
  disk_.set(GetParam());
  EXPECT_EQ(caller_.refusal(open.queue.add({"n", "{}", {}}, at(0))), Errc::unavailable);
  EXPECT_EQ(caller_.refusal(
                open.source->settle(ending("1", Ending::Kind::completed), std::nullopt, at(10))),
            Errc::unavailable);
  EXPECT_EQ(caller_.refusal(open.store.messages().append(mailed("lost"))), Errc::unavailable);
  EXPECT_EQ(caller_.refusal(open.queue.pause()), Errc::unavailable);
  EXPECT_EQ(counts(open), (jobs::Counts{1, 0, 1, 0, 0, 0, 0, false}));
  EXPECT_EQ(broken_rules(*open.store.database), "");
  disk_.set(FaultyDisk::Fault::none);
}

TEST_P(FailingJobQueue, keeps_a_message_with_its_job_or_neither_across_a_restart) {
  {
    Open open(faulty());
    meet(open);
    caller_.good(open.store.messages().append(mailed("before", "c-0")));
    disk_.set(GetParam());
    std::vector<Task<Result<chat::Appended>>> tasks;
    for (int i = 1; i <= 20; ++i)
      tasks.push_back(open.store.messages().append(mailed("x", "c-" + std::to_string(i))));
    for (const auto& result : chat::fakes::run_all(caller_.context, std::move(tasks)))
      EXPECT_FALSE(result);
    disk_.set(FaultyDisk::Fault::none);
  }
  Open open(config());
  const auto page = caller_.good(open.store.conversations().list(bob_, {}, 1));
  Ids expected;
  for (const auto& one : caller_.all_of(open.store, page.summaries[0].conversation.id, bob_))
    expected.push_back(job_of(one).options.id);
  EXPECT_EQ(ids(open, State::waiting), expected);
  EXPECT_EQ(broken_rules(*open.store.database), "");
}

INSTANTIATE_TEST_SUITE_P(Faults, FailingJobQueue,
                         ::testing::Values(FaultyDisk::Fault::log_full,
                                           FaultyDisk::Fault::sync_fails));

TEST_F(FaultyJobQueue, takes_a_result_once_there_is_space_again) {
  Open open(faulty());
  add(open), add(open);
  ASSERT_EQ(take(open)->id, "1");
  disk_.set(FaultyDisk::Fault::log_full);
  EXPECT_EQ(caller_.refusal(open.source->settle(ending("1", Ending::Kind::completed), {}, at(10))),
            Errc::unavailable);
  mend(*open.store.database);
  settle(open, ending("1", Ending::Kind::completed));
  EXPECT_EQ(ids(open, State::completed), Ids{"1"}) << "its worker still holds it";
  EXPECT_EQ(take(open)->id, "2");
  EXPECT_EQ(broken_rules(*open.store.database), "");
}

TEST_F(FaultyJobQueue, takes_messages_again_after_failures_that_found_nothing_in_memory) {
  {
    Open open(config());
    meet(open);
  }
  OpenStore store(faulty());
  disk_.set(FaultyDisk::Fault::log_full);
  EXPECT_EQ(caller_.refusal(store.messages().append(mailed("x"))), Errc::unavailable);
  EXPECT_EQ(caller_.refusal(store.messages().append(mailed("x"))), Errc::unavailable);
  mend(*store.database);
}

TEST_F(FaultyJobQueue, stalls_once_even_when_the_first_batch_fails) {
  {
    Open open(config());
    add(open), take(open);
  }
  net::Shard shard{0};
  OpenStore store(faulty());
  disk_.set(FaultyDisk::Fault::log_full);
  JobQueue queue(*store.database);
  EXPECT_EQ(caller_.refusal(queue.add({"n", "{}", {}}, at(0))), Errc::unavailable);
  mend(*store.database);
  const auto taken = caller_.good(queue.new_source(shard)->take({"t", 30s, "w", {}}, at(0)));
  ASSERT_TRUE(taken.job);
  EXPECT_EQ(taken.job->stalled_count, 1u);
}

}  // namespace
}  // namespace parley::store::embedded
