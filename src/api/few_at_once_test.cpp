#include "api/few_at_once.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <stdexcept>
#include <vector>

namespace parley::api {
namespace {

class FewAtOnceTest : public ::testing::Test {
 protected:
  using Few = FewAtOnce<int>;

  /// Work that takes two turns of the loop.
  Task<void> work(int one) {
    ++running_;
    most_ = std::max(most_, running_);
    constexpr asio::use_awaitable_t<Executor> token{};
    co_await asio::post(shard_.executor(), token);
    --running_;
    done_.push_back(one);
    if (one == fails_at_) throw std::runtime_error("one that fails");
  }
  void run() {
    const net::ShardScope scope(shard_);
    shard_.context().restart();
    while (shard_.context().poll() > 0) {
    }
  }

  net::Shard shard_{0};
  std::size_t running_ = 0, most_ = 0;
  int fails_at_ = -1;
  std::vector<int> done_;
  Few few_{shard_, "work of a test", [this](int one) { return work(one); }};
};

TEST_F(FewAtOnceTest, does_all_in_turn_and_few_at_once) {
  for (int one = 0; one < 200; ++one) few_.add(one);
  run();
  std::vector<int> all;
  for (int one = 0; one < 200; ++one) all.push_back(one);
  EXPECT_EQ(done_, all);
  EXPECT_EQ(most_, Few::most);
  EXPECT_EQ(few_.waiting(), 0u);
}

TEST_F(FewAtOnceTest, does_those_of_one_user_one_after_another) {
  std::map<chat::UserId, int> running;
  const auto owner = [](int one) {
    chat::UserId user;
    user.bytes[0] = static_cast<std::uint8_t>(one / 100);
    return user;
  };
  Few few(
      shard_, "work of a test",
      [&](int one) -> Task<void> {
        EXPECT_EQ(++running[owner(one)], 1);
        co_await work(one);
        --running[owner(one)];
      },
      owner);
  for (const int one : {100, 101, 102, 200, 300, 201}) few.add(one);
  run();
  EXPECT_EQ(done_, (std::vector<int>{100, 200, 300, 101, 201, 102}));
  few.add(103);
  run();
  EXPECT_EQ(done_.back(), 103);
}

TEST_F(FewAtOnceTest, takes_what_comes_when_all_was_done) {
  few_.add(1);
  run();
  few_.add(2);
  run();
  EXPECT_EQ(done_, (std::vector<int>{1, 2}));
}

TEST_F(FewAtOnceTest, does_what_was_put_off_after_a_pause) {
  few_.put_off(1);
  few_.put_off(2);
  few_.add(3);
  run();
  EXPECT_EQ(done_, std::vector<int>{3});
  {
    const net::ShardScope scope(shard_);
    shard_.timers().run(shard_.now() + store_pause);
  }
  run();
  EXPECT_EQ(done_, (std::vector<int>{3, 1, 2}));
}

TEST_F(FewAtOnceTest, goes_on_behind_work_that_fails) {
  fails_at_ = 3;
  for (int one = 0; one < 100; ++one) few_.add(one);
  run();
  EXPECT_EQ(done_.size(), 100u);
  EXPECT_EQ(shard_.escaped_exceptions(), 1u);
}

}  // namespace
}  // namespace parley::api
