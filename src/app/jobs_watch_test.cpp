#include "app/jobs_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/fakes/memory_queue.hpp"
#include "net/testing.hpp"

namespace parley::app {
namespace {

using ::testing::HasSubstr;

class JobsWatchTest : public ::testing::Test {
 protected:
  static Task<void> tell(Task<void> task, bool* done) {
    co_await std::move(task);
    *done = true;
  }
  static Task<void> add(jobs::Queue& queue, jobs::NewJob job, Time now) {
    const auto added = co_await queue.add(std::move(job), now);
    EXPECT_TRUE(added);
  }
  void run(Task<void> task) {
    bool done = false;
    shard.spawn("test", tell(std::move(task), &done));
    ASSERT_TRUE(net::run_until(shard, [&done] { return done; }));
  }
  void add(jobs::JobOptions options, Time now) {
    jobs::NewJob job{"n", "{}", std::move(options)};
    run(add(queue, std::move(job), now));
  }

  net::Shard shard{0};
  net::ShardScope scope{shard};
  jobs::fakes::MemoryQueue queue{shard.executor()};
  JobsWatch watch{shard, queue};
  ops::Metrics metrics{1};
};

TEST_F(JobsWatchTest, sees_how_many_jobs_wait_and_since_when) {
  const Time then = from_unix_ms(1'764'000'000'000);
  jobs::JobOptions urgent;
  urgent.priority = 1;
  add({}, then + std::chrono::seconds{5});
  add({}, then + std::chrono::seconds{9});
  add(urgent, then);
  run(watch.look());
  EXPECT_EQ(watch.seen().waiting, 2u);
  EXPECT_EQ(watch.seen().prioritized, 1u);
  EXPECT_EQ(watch.seen().oldest_ms, to_unix_ms(then));
}

TEST_F(JobsWatchTest, has_metrics_before_it_has_looked) {
  watch.export_counts(metrics, "email-queue");
  EXPECT_THAT(metrics.expose(),
              HasSubstr("parley_jobs_oldest_waiting_seconds{queue=\"email-queue\"} 0\n"));
}

TEST_F(JobsWatchTest, shows_what_it_saw) {
  watch.export_counts(metrics, "email-queue");
  add({}, wall_now() - std::chrono::hours{2});
  watch.start();
  ASSERT_TRUE(net::run_until(shard, [this] { return watch.seen().waiting == 1; }));
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("parley_jobs{queue=\"email-queue\",state=\"waiting\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("parley_jobs{queue=\"email-queue\",state=\"failed\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("parley_jobs_paused{queue=\"email-queue\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("parley_jobs_oldest_waiting_seconds{queue=\"email-queue\"} 7200"));
}

}  // namespace
}  // namespace parley::app
