// What only the adapter on Redis promises: the keys themselves, other versions, and a server that
// goes.
#include <gtest/gtest.h>

#include "jobs/bullmq_rig.hpp"
#include "jobs/detail/replies.hpp"
#include "jobs/worker.hpp"

namespace parley::jobs {
namespace {

using redis::Command;

TEST(BullmqConfig, names_connections_as_node_does) {
  BullmqConfig config;
  config.name = "email-queue";
  EXPECT_EQ(config.key_prefix(), "bull:email-queue:");
  EXPECT_EQ(connection_name(config, ""), "bull:ZW1haWwtcXVldWU=");
  config.name = "ab";
  EXPECT_EQ(connection_name(config, "w1"), "bull:YWI=:w:w1");
  config.name = "abc";
  EXPECT_EQ(connection_name(config, ""), "bull:YWJj");
}

TEST(BullmqConfig, refuses_names_that_node_refuses) {
  BullmqConfig config;
  EXPECT_FALSE(check(config)) << "no name";
  config.name = "a:b";
  EXPECT_FALSE(check(config));
  config.name = "{a}";
  EXPECT_TRUE(check(config));
  config.prefix = "";
  EXPECT_FALSE(check(config));
}

TEST_F(BullmqTest, writes_the_hash_that_node_reads) {
  JobOptions options;
  options.priority = 3;
  options.delay = 60s;
  options.deduplication = Deduplication{"d", 5s, false, false};
  const JobId id = add(options);
  EXPECT_EQ(text({"HGET", store_.key(id), "opts"}),
            R"({"attempts":0,"delay":60000,"priority":3,"de":{"id":"d","ttl":5000}})");
  EXPECT_EQ(text({"HGET", store_.key(id), "timestamp"}), "1760000000000");
  EXPECT_EQ(text({"HGET", store_.key(id), "delay"}), "60000");
  EXPECT_EQ(text({"HGET", store_.key(id), "deid"}), "d");
  EXPECT_EQ(text({"HLEN", store_.key(id)}), "7");
  EXPECT_EQ(text({"HGET", store_.key("meta"), "opts.maxLenEvents"}), "10000");
  EXPECT_EQ(text({"HEXISTS", store_.key("meta"), "version"}), "0");
  EXPECT_EQ(text({"ZSCORE", store_.key("delayed"), id}), "7208960245760000");
}

TEST_F(BullmqTest, warns_of_a_server_that_may_evict_jobs) {
  const auto said_by_open = [this] {
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(run(store_.new_source()->open()));
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(said_by_open(), "");
  redis({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  EXPECT_NE(said_by_open().find("policy=allkeys-lru"), std::string::npos);
  redis({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
}

TEST_F(BullmqTest, keeps_jobs_of_one_millisecond_in_order) {
  JobOptions options;
  options.delay = 60s;
  add(options), add(options);
  EXPECT_EQ(text({"ZSCORE", store_.key("delayed"), "2"}), "7208960245760001");
  EXPECT_EQ(text({"ZSCORE", store_.key("marker"), "1"}), "1760000060000");
}

TEST_F(BullmqTest, adds_in_a_pause_to_where_the_other_version_looks) {
  ASSERT_TRUE(run(store_.queue().pause()));
  add();
  EXPECT_EQ(text({"LLEN", store_.key("wait")}), "1") << "nobody has said which version";
  redis({"HSET", store_.key("meta"), "version", "bullmq:5.81.5"});
  add();
  EXPECT_EQ(text({"LLEN", store_.key("paused")}), "1");
  redis({"HSET", store_.key("meta"), "version", "bullmq:6.7.0"});
  add();
  EXPECT_EQ(text({"LLEN", store_.key("paused")}), "2") << "the list is there already";
  EXPECT_EQ(run(store_.queue().counts())->waiting, 3u);
  EXPECT_EQ(run(store_.queue().list(State::waiting, {}))->size(), 3u);
  ASSERT_TRUE(run(store_.queue().resume()));
  EXPECT_EQ(text({"LLEN", store_.key("wait")}), "3");
  EXPECT_EQ(text({"EXISTS", store_.key("paused")}), "0");
}

TEST_F(BullmqTest, adds_in_a_pause_to_where_the_operator_says) {
  BullmqConfig config = store_.config();
  config.layout = BullmqConfig::Layout::bullmq_5;
  BullmqQueue five{store_.redis(), config};
  config.layout = BullmqConfig::Layout::bullmq_6;
  BullmqQueue six{store_.redis(), config};
  ASSERT_TRUE(run(store_.queue().pause()));
  ASSERT_TRUE(run(five.add({"n", "{}", {}}, at_)));
  EXPECT_EQ(text({"LLEN", store_.key("paused")}), "1");
  ASSERT_TRUE(run(six.add({"n", "{}", {}}, at_)));
  EXPECT_EQ(text({"LLEN", store_.key("wait")}), "1");
}

TEST_F(BullmqTest, merges_a_long_list_of_paused_jobs) {
  ASSERT_TRUE(run(store_.queue().pause()));
  Command push{"LPUSH", store_.key("paused")};
  for (int i = 0; i < 15'000; ++i) push.push_back("p" + std::to_string(i));
  redis(push);
  redis({"LPUSH", store_.key("wait"), "w"});
  EXPECT_TRUE(run(store_.queue().resume()));
  EXPECT_EQ(text({"LLEN", store_.key("wait")}), "15001");
  EXPECT_EQ(text({"HEXISTS", store_.key("meta"), "paused"}), "0");
}

TEST_F(BullmqTest, works_on_no_queue_of_an_old_version) {
  const auto refusal_of_open = [this] {
    const auto opened = run(store_.new_source()->open());
    return opened ? throw std::runtime_error("it was opened") : opened.error().code;
  };
  redis({"HSET", store_.key("meta"), "version", "bullmq:4.18.3"});
  EXPECT_EQ(refusal_of_open(), Errc::not_supported);
  redis({"DEL", store_.key("meta")});
  redis({"LPUSH", store_.key("wait"), "0:0"});
  EXPECT_EQ(refusal_of_open(), Errc::not_supported);
  redis({"DEL", store_.key("wait")});
  redis({"ZADD", store_.key("priority"), "1", "1"});
  EXPECT_EQ(refusal_of_open(), Errc::not_supported);
  redis({"DEL", store_.key("priority")});
  EXPECT_TRUE(run(store_.new_source()->open()));
}

TEST_F(BullmqTest, works_on_no_queue_whose_schedule_it_cannot_follow) {
  redis({"ZADD", store_.key("repeat"), "1", "daily"});
  redis({"HSET", store_.key("repeat:daily"), "pattern", "0 0 * * *"});
  Worker worker{shard_, store_.new_source(), {}};
  {
    net::ShardScope scope{shard_};
    worker.start();
  }
  EXPECT_TRUE(net::run_until(shard_, [&worker] { return !worker.is_working(); }));
  EXPECT_EQ(worker.refusal(), "the queue has a schedule by pattern");
}

TEST_F(BullmqTest, follows_a_schedule_by_interval_to_its_limit) {
  redis({"ZADD", store_.key("repeat"), "1760000000000", "tick"});
  redis({"HSET", store_.key("repeat:tick"), "every", "1000", "name", "tick", "data", "{\"a\":1}",
         "limit", "2", "ic", "1"});
  JobOptions first;
  first.id = "repeat:tick:1760000000000";
  add(first);
  redis({"HSET", store_.key(first.id), "rjk", "tick"});
  const auto source = store_.new_source();
  EXPECT_EQ(run(source->take({"t", 30s, "", {}}, at_))->job->id, first.id);
  const auto next = run(source->take({"u", 30s, "", {}}, at_ + 1000ms));
  ASSERT_TRUE(next->job);
  EXPECT_EQ(next->job->id, "repeat:tick:1760000001000");
  EXPECT_EQ(next->job->data, "{\"a\":1}");
  EXPECT_FALSE(run(source->take({"v", 30s, "", {}}, at_ + 9000ms))->job) << "two were wanted";
}

TEST_F(BullmqTest, skips_no_run_of_a_schedule_that_is_late_by_one_interval) {
  redis({"ZADD", store_.key("repeat"), "1759999999000", "tick"});
  redis({"HSET", store_.key("repeat:tick"), "every", "1000", "name", "tick"});
  JobOptions first;
  first.id = "repeat:tick:1759999999000";
  add(first);
  redis({"HSET", store_.key(first.id), "rjk", "tick"});
  const auto source = store_.new_source();
  ASSERT_TRUE(run(source->take({"t", 30s, "", {}}, at_))->job);
  EXPECT_EQ(text({"ZSCORE", store_.key("repeat"), "tick"}), "1760000000000");
  EXPECT_EQ(text({"LINDEX", store_.key("wait"), "0"}), "repeat:tick:1760000000000");
}

/// A schedule that cannot be followed for now, and a job that is due.
class BrokenSchedule : public BullmqTest {
 protected:
  BrokenSchedule() {
    redis({"HSET", store_.key("repeat:tick"), "every", "1000", "name", "tick"});
    JobOptions first;
    first.id = "repeat:tick:1760000000000";
    first_ = add(first);
    redis({"HSET", store_.key(first_), "rjk", "tick"});
    redis({"SET", store_.key("repeat"), "of another type"});
  }
  void mend() {
    redis({"DEL", store_.key("repeat")});
    redis({"ZADD", store_.key("repeat"), "1760000000000", "tick"});
  }
  /// As if its lock were over, and two looks had passed.
  void let_it_stall() {
    redis({"DEL", store_.key(first_ + ":lock")});
    for (int look = 0; look < 2; ++look) {
      redis({"DEL", store_.key("stalled-check")});
      EXPECT_TRUE(run(source_->rescue({1, 30s}, at_)));
    }
  }
  void expect_to_go_on() {
    mend();
    let_it_stall();
    const auto again = run(source_->take({"later", 30s, "", {}}, at_));
    ASSERT_TRUE(again && again->job);
    EXPECT_EQ(again->job->id, first_);
    EXPECT_EQ(text({"EXISTS", store_.key("repeat:tick:1760000001000")}), "1");
  }

  const std::shared_ptr<Source> source_ = store_.new_source();
  JobId first_;
};

TEST_F(BrokenSchedule, runs_no_job_without_a_next_run) {
  EXPECT_FALSE(run(source_->take({"t", 30s, "", {}}, at_)));
  expect_to_go_on();
}

TEST_F(BrokenSchedule, loses_no_job_that_stalls) {
  EXPECT_FALSE(run(source_->take({"t", 30s, "", {}}, at_)));
  redis({"DEL", store_.key(first_ + ":lock")});
  for (int look = 0; look < 2; ++look) {
    redis({"DEL", store_.key("stalled-check")});
    (void)run(source_->rescue({0, 30s}, at_));
  }
  EXPECT_EQ(text({"LINDEX", store_.key("wait"), "0"}), first_);
  EXPECT_EQ(text({"HEXISTS", store_.key(first_), "defa"}), "0") << "its schedule may live";
  EXPECT_EQ(text({"HGET", store_.key(first_), "stc"}), "1");
}

TEST_F(BrokenSchedule, keeps_no_other_job_from_its_end) {
  JobOptions urgent;
  urgent.lifo = true;
  const JobId before = add(urgent);
  EXPECT_EQ(run(source_->take({"t", 30s, "", {}}, at_))->job->id, before);
  Ending done;
  done.id = before;
  done.token = "t";
  done.text = "null";
  const auto settled = run(source_->settle(done, Taking{"u", 30s, "", {}}, at_));
  ASSERT_TRUE(settled);
  EXPECT_FALSE(settled->job);
  EXPECT_EQ(text({"HEXISTS", store_.key(before), "finishedOn"}), "1");
  expect_to_go_on();
}

TEST_F(BullmqTest, is_seen_by_the_name_of_its_connection) {
  const auto source = store_.new_source();
  const std::string name = "name=" + connection_name(store_.config(), "w") + " ";
  const auto is_seen = [&] { return text({"CLIENT", "LIST"}).find(name) != std::string::npos; };
  EXPECT_TRUE(net::run_until(shard_, is_seen));
}

TEST_F(BullmqTest, counts_on_where_a_counter_was_no_number) {
  const JobId id = add();
  redis({"HSET", store_.key(id), "ats", "x", "atm", "-"});
  const auto source = store_.new_source();
  EXPECT_EQ(run(source->take({"t", 30s, "", {}}, at_))->job->attempts_started, 1u);
  Ending done;
  done.id = id;
  done.token = "t";
  done.text = "null";
  EXPECT_TRUE(run(source->settle(done, std::nullopt, at_)));
  EXPECT_EQ(text({"HGET", store_.key(id), "atm"}), "1");
}

TEST_F(BullmqTest, counts_from_one_in_a_window_that_follows_one_at_its_end) {
  const auto source = store_.new_source();
  const Taking two_a_minute{"t", 30s, "", RateLimit{2, 60s}};
  const auto limiter = store_.key("limiter");
  const auto expect_a_new_window = [&] {
    EXPECT_EQ(text({"GET", limiter}), "1");
    EXPECT_GT(*redis({"PTTL", limiter}).integer(), 0);
  };
  add();
  redis({"SET", limiter, "2"});  // as if it could not end
  EXPECT_TRUE(run(source->take(two_a_minute, at_))->job);
  expect_a_new_window();
  for (int i = 0; i < 50; ++i) {  // they meet it in its last millisecond, when 0 are left
    add();
    redis({"SET", limiter, "2", "PX", "1"});
    while (!run(source->take(two_a_minute, at_))->job) continue;
    expect_a_new_window();
  }
}

/// A producer of Node's parks the newest job of a deduplication id while its owner runs.
class ParkedJob : public BullmqTest {
 protected:
  void own() {
    owner_ = add(alone());
    ASSERT_EQ(run(source_->take({"t", 30s, "", {}}, at_))->job->id, owner_);
  }
  static JobOptions alone(bool replaces = false) {
    JobOptions options;
    options.deduplication = Deduplication{"d", {}, false, replaces};
    return options;
  }
  void park(const std::string& options = "") {
    redis({"HSET", store_.key("dn:d"), "name", "later", "data", "[1]", "opts",
           R"({"attempts":3,"de":{"id":"d","keepLastIfActive":true})" + options + "}", "jid",
           "77"});
  }
  void end(Ending::Kind kind, std::chrono::milliseconds delay = 0ms) {
    Ending ending;
    ending.id = owner_;
    ending.token = "t";
    ending.kind = kind;
    ending.text = "1";
    ending.delay = delay;
    ASSERT_TRUE(run(source_->settle(std::move(ending), std::nullopt, at_ + 5ms)));
  }
  Job parked() { return *run(store_.queue().get("77")); }
  bool is_parked() { return text({"EXISTS", store_.key("dn:d")}) == "1"; }

  const std::shared_ptr<Source> source_ = store_.new_source();
  JobId owner_;
};

TEST_F(ParkedJob, rests_as_its_options_say) {
  own();
  park(R"(,"delay":60000,"priority":4)");
  end(Ending::Kind::completed);
  EXPECT_EQ(parked().state, State::delayed);
  EXPECT_EQ(parked().delay, 60s);
  EXPECT_EQ(parked().priority, 4u);
  EXPECT_EQ(parked().created_at, at_ + 5ms);
  EXPECT_EQ(text({"ZSCORE", store_.key("delayed"), "77"}), "7208960245780480");
  EXPECT_EQ(text({"GET", store_.key("de:d")}), "77");
  EXPECT_FALSE(is_parked());
}

TEST_F(ParkedJob, is_in_line_where_its_options_say) {
  own();
  park(R"(,"priority":4)");
  end(Ending::Kind::failed);
  EXPECT_EQ(parked().state, State::prioritized);
  ASSERT_TRUE(run(store_.queue().remove("77")));
  own();
  add();
  park(R"(,"lifo":true)");
  end(Ending::Kind::completed);
  EXPECT_EQ(run(source_->take({"u", 30s, "", {}}, at_))->job->id, "77");
}

TEST_F(ParkedJob, is_a_run_of_its_schedule) {
  own();
  park();
  redis({"HSET", store_.key("dn:d"), "rjk", "tick"});
  end(Ending::Kind::completed);
  EXPECT_EQ(text({"HGET", store_.key("77"), "rjk"}), "tick");
}

TEST_F(ParkedJob, goes_with_its_owner) {
  own();
  park();
  end(Ending::Kind::retry, 60s);
  ASSERT_TRUE(run(store_.queue().remove(owner_)));
  EXPECT_FALSE(is_parked()) << "removed";
  own();
  park();
  end(Ending::Kind::retry, 60s);
  add(alone(true));
  EXPECT_FALSE(is_parked()) << "replaced";
  park();
  redis({"SET", store_.key("de:d"), "9999"});
  add(alone());
  EXPECT_FALSE(is_parked()) << "its owner had been lost";
}

TEST_F(BullmqTest, holds_a_deduplication_id_that_is_replaced_at_its_end_no_longer) {
  JobOptions options;
  options.delay = 60s;
  options.deduplication = Deduplication{"d", 60s, false, true};
  const auto key = store_.key("de:d");
  for (int i = 0; i < 50; ++i) {  // they meet it in its last millisecond, when 0 are left
    add(options);
    redis({"PEXPIRE", key, "1"});
    while (text({"PTTL", key}) == "1") continue;
    add(options);
    ASSERT_NE(text({"PTTL", key}), "-1");
  }
}

/// A Redis that lets nobody at the queue's keys.
class RefusedQueue : public BullmqTest {
 protected:
  RefusedQueue() { redis({"ACL", "SETUSER", "default", "resetkeys", "~user:*"}); }
  ~RefusedQueue() override { allow(); }
  static void allow() { shared_redis().call({"ACL", "SETUSER", "default", "allkeys"}); }
  template <class T>
  Errc refusal_of(Task<Result<T>> task) {
    const auto answer = run(std::move(task));
    return answer ? throw std::runtime_error("it was allowed") : answer.error().code;
  }
};

TEST_F(RefusedQueue, is_away_and_no_fault_of_who_asks) {
  EXPECT_EQ(refusal_of(store_.queue().add({"n", "{}", {}}, at_)), Errc::unavailable);
  EXPECT_EQ(refusal_of(store_.queue().log_of("1", {})), Errc::unavailable);
  EXPECT_EQ(refusal_of(store_.queue().events("", 1)), Errc::unavailable);
  const auto source = store_.new_source();
  EXPECT_EQ(refusal_of(source->take({"t", 30s, "", {}}, at_)), Errc::unavailable);
  net::ShardScope scope{shard_};
  EXPECT_EQ(refusal_of(source->wait(1s)), Errc::unavailable);
}

TEST_F(RefusedQueue, says_so_until_a_call_works) {
  BullmqQueue queue{store_.redis(), store_.config()};
  EXPECT_FALSE(queue.is_refused());
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(run(queue.counts()));
  EXPECT_FALSE(run(queue.counts()));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("NOPERM"), std::string::npos);
  EXPECT_EQ(log.find("NOPERM"), log.rfind("NOPERM")) << "once";
  EXPECT_TRUE(queue.is_refused());
  allow();
  EXPECT_EQ(run(queue.get("1")).error().code, Errc::not_found);
  EXPECT_FALSE(queue.is_refused());
}

TEST(BullmqReplies, of_another_shape_are_corrupt) {
  using redis::Reply;
  const Reply number{std::int64_t{7}}, words{std::string{"x"}}, empty{Reply::Array{}};
  const Reply pair{Reply::Array{number, words}}, nested{Reply::Array{empty}};
  for (const Reply& odd : {Reply{}, number, words, empty, nested, Reply{Reply::Array{words}}}) {
    EXPECT_FALSE(detail::read_added(odd, 2));
    EXPECT_FALSE(detail::read_taken(odd, Time{}));
    EXPECT_FALSE(detail::read_settled(odd, Time{}));
    EXPECT_FALSE(detail::read_code(odd));
    EXPECT_FALSE(detail::read_counts(odd));
  }
  EXPECT_FALSE(detail::read_taken(pair, Time{})) << "an unknown kind";
  EXPECT_FALSE(detail::read_taken(Reply{Reply::Array{Reply{std::int64_t{1}}, words}}, Time{}));
  EXPECT_FALSE(detail::read_added(nested, 1));
  EXPECT_FALSE(detail::read_events(nested));
  EXPECT_FALSE(detail::read_jobs(nested, State::waiting));
  EXPECT_FALSE(detail::read_job("1", Reply{Reply::Array{words}})) << "a name without value";
  EXPECT_FALSE(detail::read_texts(number));
}

/// Work goes on by itself when Redis has been away.
class Outage : public ::testing::Test {
 protected:
  static Task<void> add(Queue& queue, std::optional<Errc>* out) {
    NewJob job{"n", "{}", {}};
    const auto added = co_await queue.add(std::move(job), wall_now());
    *out = added ? Errc{} : added.error().code;
  }
  /// Tries until it is added.
  void add_at_last() {
    const auto try_once = [this] {
      std::optional<Errc> out;
      shard_.spawn("add", add(store_.queue(), &out));
      net::run_until(shard_, [&out] { return out.has_value(); });
      return out == Errc{};
    };
    ASSERT_TRUE(net::run_until(shard_, try_once));
  }

  redis::testing::RedisServer server_{redis::testing::RedisServer::Options{true, false, {}, {}}};
  net::Shard shard_{0};
  BullmqStore store_{shard_, server_};
};

TEST_F(Outage, is_told_to_who_adds) {
  server_.stop();
  std::optional<Errc> out;
  shard_.spawn("add", add(store_.queue(), &out));
  ASSERT_TRUE(net::run_until(shard_, [&out] { return out.has_value(); }));
  EXPECT_EQ(out, Errc::unavailable);
}

TEST_F(Outage, does_not_end_a_worker_that_waits_or_works) {
  WorkerConfig config;
  config.concurrency = 2;
  config.idle_wait = 100ms;
  auto worker = std::make_unique<Worker>(shard_, store_.new_source(), config);
  bool is_open = false;
  int runs = 0;
  const auto wait = [](bool* open) -> Task<Result<json::value>> {
    while (!*open) co_await net::sleep_for(1ms);
    co_return json::value();
  };
  worker->on("n", [&](Job) {
    ++runs;
    return wait(&is_open);
  });
  {
    net::ShardScope scope{shard_};
    worker->start();
  }
  add_at_last();
  ASSERT_TRUE(net::run_until(shard_, [&runs] { return runs == 1; }));
  server_.stop();
  is_open = true;  // its result finds no Redis
  net::run_until(
      shard_, [] { return false; }, 100ms);
  EXPECT_EQ(worker->stats().completed, 0u);
  server_.start_again();
  ASSERT_TRUE(net::run_until(shard_, [&worker] { return worker->stats().completed == 1; }));
  add_at_last();
  ASSERT_TRUE(net::run_until(shard_, [&worker] { return worker->stats().completed == 2; }));
  EXPECT_EQ(runs, 2);
  net::ShardScope scope{shard_};
  worker.reset();
}

}  // namespace
}  // namespace parley::jobs
