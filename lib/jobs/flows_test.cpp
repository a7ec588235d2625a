// Flows on Redis: what becomes of a parent, whatever becomes of its children. As in Node.
#include <gtest/gtest.h>

#include "jobs/bullmq_rig.hpp"
#include "jobs/worker.hpp"

namespace parley::jobs {
namespace {

/// The parent `P`, in this queue or in another one, waits for its children.
class FlowTest : public BullmqTest {
 protected:
  using Kind = Ending::Kind;

  void write(const std::string& key, const std::string& delay = "0") {
    redis({"HSET", key, "name", "n", "data", "{}", "opts", R"({"attempts":0})", "timestamp", "1",
           "delay", delay, "priority", "0"});
  }
  void write_parent(const BullmqStore& home, const std::string& delay = "0") {
    write(home.key("P"), delay);
    redis({"ZADD", home.key("waiting-children"), "1", "P"});
  }
  /// What the children's failures mean is `flags`: `,"fpof":true`.
  void join(const JobId& id, const BullmqStore& home, const std::string& flags = "",
            const JobId& parent = "P") {
    std::string queue = home.key("");
    queue.pop_back();
    redis({"HSET", store_.key(id), "parentKey", home.key(parent), "parent",
           R"({"id":")" + parent + R"(","queueKey":")" + queue + '"' + flags + "}"});
    redis({"SADD", home.key(parent + ":dependencies"), store_.key(id)});
  }
  void add_child(const JobId& id, const BullmqStore& home, const std::string& flags = "") {
    write(store_.key(id));
    join(id, home, flags);
    redis({"LPUSH", store_.key("wait"), id});
  }
  JobId take() {
    const auto taken = run(source_->take({"t", 30s, "", {}}, at_));
    return taken && taken->job ? taken->job->id : JobId{};
  }
  Result<Taken> settle(const JobId& id, Kind kind, Keep keep = Keep::all(),
                       std::chrono::milliseconds later = 0ms) {
    Ending ending;
    ending.id = id;
    ending.token = "t";
    ending.kind = kind;
    ending.text = "7";
    ending.keep = keep;
    return run(source_->settle(std::move(ending), std::nullopt, at_ + later));
  }
  void fail_next(const JobId& id, Keep keep = Keep::all(), std::chrono::milliseconds later = 0ms) {
    ASSERT_EQ(take(), id);
    ASSERT_TRUE(settle(id, Kind::failed, keep, later));
  }
  /// Of all jobs of the queue.
  std::size_t keys(const std::string& pattern) {
    return redis({"KEYS", store_.key(pattern)}).array()->size();
  }
  State state(const JobId& id, BullmqStore& home) {
    const auto found = run(home.queue().get(id));
    return found ? found->state : State::none;
  }
  State state(const JobId& id) { return state(id, store_); }
  std::string parent_field(const std::string& name) {
    return text({"HGET", store_.key("P"), name});
  }

  BullmqStore other_{shard_};
  const std::shared_ptr<Source> source_ = store_.new_source();
};

TEST_F(FlowTest, leaves_a_parent_at_rest_when_it_goes_on_without_a_child) {
  write_parent(store_, "60000");
  redis({"ZREM", store_.key("waiting-children"), "P"});
  redis({"ZADD", store_.key("delayed"), "7208960245760000", "P"});
  add_child("C", store_, R"(,"cpof":true)");
  fail_next("C");
  EXPECT_EQ(state("P"), State::delayed);
  EXPECT_EQ(text({"HGET", store_.key("P:failed"), store_.key("C")}), "7");
}

TEST_F(FlowTest, ends_the_rest_of_a_parent_that_fails_with_a_child) {
  write_parent(store_, "60000");
  redis({"ZREM", store_.key("waiting-children"), "P"});
  redis({"ZADD", store_.key("delayed"), "7208960245760000", "P"});
  add_child("C", store_, R"(,"fpof":true)");
  fail_next("C");
  EXPECT_EQ(state("P"), State::waiting);
  EXPECT_EQ(parent_field("delay"), "0");
  EXPECT_EQ(parent_field("defa"), "child " + store_.key("C") + " failed");
}

TEST_F(FlowTest, lets_a_parent_with_a_delay_rest_first_whatever_its_child_did) {
  for (const char* flag : {"fpof", "cpof", "idof", "rdof"}) {
    write_parent(store_, "60000");
    add_child("C", store_, std::string{",\""} + flag + "\":true");
    fail_next("C");
    EXPECT_EQ(text({"ZSCORE", store_.key("delayed"), "P"}), "7208960245760000") << flag;
    ASSERT_TRUE(run(store_.queue().remove("C")));
    ASSERT_TRUE(run(store_.queue().remove("P")));
  }
}

TEST_F(FlowTest, tells_a_parent_that_has_failed_of_no_other_failure) {
  write_parent(store_);
  for (const char* id : {"C", "D"}) add_child(id, store_, R"(,"fpof":true)");
  fail_next("C");
  fail_next("P");
  fail_next("D");
  EXPECT_EQ(text({"HEXISTS", store_.key("P"), "defa"}), "0");
  EXPECT_EQ(text({"ZCARD", store_.key("P:unsuccessful")}), "2");
}

TEST_F(FlowTest, makes_no_job_of_a_parent_that_is_gone) {
  add_child("C", store_, R"(,"fpof":true)");
  fail_next("C");
  EXPECT_EQ(text({"EXISTS", store_.key("P")}), "0");
}

TEST_F(FlowTest, lets_a_parent_go_on_when_its_failed_child_is_not_kept) {
  write_parent(store_);
  add_child("C", store_);
  fail_next("C", Keep::none());
  EXPECT_EQ(state("C"), State::none);
  EXPECT_EQ(state("P"), State::waiting);
}

TEST_F(FlowTest, lets_a_parent_go_on_when_its_failed_child_gives_way_to_later_jobs) {
  for (const Keep& keep : {Keep::newest(1), Keep::younger_than(1s)}) {
    write_parent(store_);
    add_child("C", store_);
    fail_next("C", keep);
    EXPECT_EQ(state("P"), State::waiting_children);
    const JobId later = add();
    fail_next(later, keep, 1s);
    EXPECT_EQ(state("C"), State::none);
    EXPECT_EQ(state("P"), State::waiting);
    fail_next("P", Keep::none(), 1s);
    ASSERT_TRUE(run(store_.queue().remove(later)));
  }
}

TEST_F(FlowTest, lets_a_parent_go_on_when_its_failed_child_is_removed) {
  write_parent(store_);
  add_child("C", store_), add_child("D", store_);
  fail_next("C");
  ASSERT_TRUE(run(store_.queue().remove("C")));
  EXPECT_EQ(state("P"), State::waiting_children) << "of two";
  ASSERT_TRUE(run(store_.queue().remove("D")));
  EXPECT_EQ(state("P"), State::waiting);
}

TEST_F(FlowTest, lets_a_parent_wait_anew_for_a_child_that_is_tried_again) {
  const auto waits_for_one = [this](const std::string& no_more) {
    EXPECT_EQ(text({"SISMEMBER", store_.key("P:dependencies"), store_.key("C")}), "1") << no_more;
    EXPECT_EQ(text({"EXISTS", store_.key("P:" + no_more)}), "0") << no_more;
  };
  write_parent(store_);
  add_child("C", store_, R"(,"fpof":true)");
  fail_next("C");
  fail_next("P");
  ASSERT_TRUE(run(store_.queue().retry("C", at_)));
  waits_for_one("unsuccessful");
  ASSERT_EQ(take(), "C");
  ASSERT_TRUE(settle("C", Kind::completed));
  EXPECT_EQ(state("P"), State::failed);
  ASSERT_TRUE(run(store_.queue().retry("C", at_)));
  waits_for_one("processed");
  ASSERT_EQ(take(), "C");
  ASSERT_TRUE(settle("C", Kind::completed));
  ASSERT_TRUE(run(store_.queue().retry("P", at_)));
  ASSERT_EQ(take(), "P");
  EXPECT_TRUE(settle("P", Kind::completed));
  ASSERT_TRUE(run(store_.queue().remove("C")));
  ASSERT_TRUE(run(store_.queue().remove("P")));
  write_parent(store_);
  add_child("C", store_, R"(,"cpof":true)");
  fail_next("C");
  ASSERT_TRUE(run(store_.queue().retry("C", at_)));
  waits_for_one("failed");
}

TEST_F(FlowTest, makes_no_job_of_a_parent_that_is_gone_when_its_child_is_tried_again) {
  write_parent(store_);
  add_child("C", store_);
  ASSERT_EQ(take(), "C");
  ASSERT_TRUE(settle("C", Kind::completed));
  ASSERT_TRUE(run(store_.queue().remove("P")));
  ASSERT_TRUE(run(store_.queue().retry("C", at_)));
  EXPECT_EQ(keys("P*"), 0u);
}

TEST_F(FlowTest, keeps_the_job_of_who_completes_a_parent_too_early) {
  write(store_.key("P"));
  redis({"LPUSH", store_.key("wait"), "P"});
  redis({"SADD", store_.key("P:dependencies"), store_.key("C")});
  ASSERT_EQ(take(), "P");
  EXPECT_EQ(settle("P", Kind::completed).error().code, Errc::internal);
  redis({"DEL", store_.key("P:dependencies")});
  redis({"ZADD", store_.key("P:unsuccessful"), "1", store_.key("C")});
  EXPECT_EQ(settle("P", Kind::completed).error().code, Errc::forbidden);
  EXPECT_EQ(state("P"), State::active);
  EXPECT_TRUE(settle("P", Kind::failed));
}

/// A worker runs the parent, which must not complete.
class ParentAtWork : public FlowTest {
 protected:
  ~ParentAtWork() override {
    net::ShardScope scope{shard_};
    worker_.reset();
  }
  void work(unsigned attempts) {
    write(store_.key("P"));
    redis({"HSET", store_.key("P"), "opts", R"({"attempts":)" + std::to_string(attempts) + "}"});
    redis({"LPUSH", store_.key("wait"), "P"});
    worker_ = std::make_unique<Worker>(shard_, source_, WorkerConfig{});
    worker_->on("n", [this](Job) { return succeed(&runs_); });
    net::ShardScope scope{shard_};
    worker_->start();
  }
  bool has_failed_it() { return worker_->stats().failed == 1; }
  static Task<Result<json::value>> succeed(int* runs) {
    *runs += 1;
    co_return json::value();
  }

  std::unique_ptr<Worker> worker_;
  int runs_ = 0;
};

TEST_F(ParentAtWork, fails_at_once_when_a_child_has_failed) {
  redis({"ZADD", store_.key("P:unsuccessful"), "1", store_.key("C")});
  work(3);
  EXPECT_TRUE(net::run_until(shard_, [this] { return has_failed_it(); }));
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(worker_->stats().lost, 0u);
  EXPECT_EQ(parent_field("failedReason"), "children of the job have failed");
}

TEST_F(ParentAtWork, is_tried_again_when_a_child_has_not_ended) {
  redis({"SADD", store_.key("P:dependencies"), store_.key("C")});
  work(3);
  EXPECT_TRUE(net::run_until(shard_, [this] { return has_failed_it(); }));
  EXPECT_EQ(runs_, 3);
  EXPECT_EQ(parent_field("failedReason"), "the job waits for its children");
}

/// The queue is emptied: of what is in a state, or as a whole.
class EmptiedFlow : public FlowTest {
 protected:
  void drain() { ASSERT_TRUE(run(store_.queue().drain(true))); }
  void clean(State what) { ASSERT_TRUE(run(store_.queue().clean({what, 0ms, 100}, at_))); }
};

TEST_F(EmptiedFlow, takes_the_parents_in_the_same_queue_along) {
  const auto expect_nothing_left = [this] {
    EXPECT_EQ(keys("?"), 0u);
    EXPECT_EQ(keys("?:*"), 0u);
    EXPECT_EQ(run(store_.queue().counts())->waiting, 0u);
  };
  for (const bool fails : {false, true}) {
    write_parent(store_);
    write(store_.key("G"));
    redis({"ZADD", store_.key("waiting-children"), "1", "G"});
    join("P", store_, "", "G");
    add_child("C", store_), add_child("D", store_);
    if (fails) fail_next("C");
    if (fails) clean(State::failed);
    EXPECT_EQ(state("P"), State::waiting_children);
    drain();
    expect_nothing_left();
  }
  write_parent(store_);
  add_child("C", store_);
  fail_next("C");
  clean(State::failed);
  expect_nothing_left();
}

TEST_F(EmptiedFlow, lets_parents_in_other_queues_go_on) {
  const auto expect_that_it_goes_on = [this](const char* after) {
    EXPECT_EQ(state("P", other_), State::waiting) << after;
    ASSERT_TRUE(run(other_.queue().remove("P")));
  };
  const auto begin = [this] {
    write_parent(other_, "60000");
    add_child("C", other_);
  };
  begin();
  drain();
  expect_that_it_goes_on("drain");
  begin();
  clean(State::waiting);
  expect_that_it_goes_on("clean");
  begin();
  fail_next("C");
  clean(State::failed);
  expect_that_it_goes_on("clean of failed ones");
  begin();
  ASSERT_TRUE(run(store_.queue().pause()));
  ASSERT_TRUE(run(store_.queue().obliterate(false)));
  expect_that_it_goes_on("obliterate");
}

}  // namespace
}  // namespace parley::jobs
