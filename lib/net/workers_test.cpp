#include "net/workers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "net/testing.hpp"

namespace parley::net {
namespace {

struct Answer {
  int calls = 0;
  int sum = 0;
  int refused = 0;
  int closed = 0;
  bool home = true;
  std::string thrown;
};

Task<void> add(Shard& shard, Workers& workers, Answer& answer, int value) {
  auto work = [value]() -> Result<int> { return value; };
  const auto result = co_await workers.run(work);
  answer.home = answer.home && shard.is_current();
  ++answer.calls;
  if (result) {
    answer.sum += *result;
  } else if (result.error().code == Errc::overloaded) {
    ++answer.refused;
  } else if (result.error().code == Errc::closed) {
    ++answer.closed;
  }
}

Task<void> block(Workers& workers, std::binary_semaphore& gate, Answer& answer) {
  auto work = [&gate]() -> Result<int> {
    gate.acquire();
    return 100;
  };
  const auto result = co_await workers.run(work);
  ++answer.calls;
  answer.sum += *result;
}

Task<void> fail_inside(Workers& workers, Answer& answer) {
  auto work = []() -> Result<int> { throw std::runtime_error("library"); };
  try {
    (void)co_await workers.run(work);
  } catch (const std::exception& exception) {
    answer.thrown = exception.what();
  }
  ++answer.calls;
}

TEST(Workers, run_work_elsewhere_and_resume_on_the_callers_shard) {
  Shard shard{0};
  Workers workers{{.threads = 2, .max_queued = 64}};
  Answer answer;
  for (int i = 1; i <= 10; ++i) shard.spawn("add", add(shard, workers, answer, i));
  EXPECT_TRUE(run_until(shard, [&] { return answer.calls == 10; }));
  EXPECT_EQ(answer.sum, 55);
  EXPECT_TRUE(answer.home);
}

TEST(Workers, refuse_with_overloaded_when_the_queue_is_full) {
  Shard shard{0};
  Workers workers{{.threads = 1, .max_queued = 2}};
  std::binary_semaphore gate{0};
  Answer answer;
  shard.spawn("block", block(workers, gate, answer));
  for (int i = 0; i < 3; ++i) shard.spawn("add", add(shard, workers, answer, 1));
  EXPECT_TRUE(run_until(shard, [&] { return answer.refused == 1; }));
  gate.release();
  EXPECT_TRUE(run_until(shard, [&] { return answer.calls == 4; }));
  EXPECT_EQ(answer.sum, 102);
  EXPECT_EQ(workers.queued(), 0U);
}

TEST(Workers, hand_an_exception_to_the_caller) {
  Shard shard{0};
  Workers workers{{.threads = 1, .max_queued = 1}};
  Answer answer;
  shard.spawn("fail", fail_inside(workers, answer));
  EXPECT_TRUE(run_until(shard, [&] { return answer.calls == 1; }));
  EXPECT_EQ(answer.thrown, "library");
}

TEST(Workers, finish_what_is_queued_when_they_end) {
  Shard shard{0};
  Answer answer;
  {
    Workers workers{{.threads = 1, .max_queued = 16}};
    for (int i = 0; i < 5; ++i) shard.spawn("add", add(shard, workers, answer, 1));
    run_ready(shard);
  }
  EXPECT_TRUE(run_until(shard, [&] { return answer.calls == 5; }));
  EXPECT_EQ(answer.sum, 5);
}

TEST(Workers, refuse_what_has_not_begun_when_they_end_where_they_are_told_so) {
  Shard shard{0};
  std::binary_semaphore gate{0};
  Answer answer;
  {
    Workers workers{{.threads = 1, .max_queued = 64, .at_end = Workers::AtEnd::refuse}};
    shard.spawn("block", block(workers, gate, answer));
    for (int i = 0; i < 5; ++i) shard.spawn("add", add(shard, workers, answer, 1));
    EXPECT_TRUE(run_until(shard, [&] { return workers.queued() == 5; }));
    workers.end();
    gate.release();
  }
  EXPECT_TRUE(run_until(shard, [&] { return answer.calls == 6; }));
  EXPECT_EQ(answer.sum, 100) << "what had begun was done";
  EXPECT_EQ(answer.closed, 5);
}

}  // namespace
}  // namespace parley::net
