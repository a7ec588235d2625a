#include "api/presence_news.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "chat/fakes/memory_accounts.hpp"
#include "chat/fakes/memory_presence.hpp"
#include "chat/fakes/run.hpp"

namespace parley::api {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

/// Everybody has one friend, of whom nobody hears while the store is away.
class Friends final : public chat::ConversationStore {
 public:
  Task<Result<chat::Conversation>> find(chat::ConversationId, chat::UserId) override {
    co_return fail(Errc::not_supported);
  }
  Task<Result<chat::SummaryPage>> list(chat::UserId, std::optional<std::string>,
                                       std::size_t) override {
    co_return fail(Errc::not_supported);
  }
  Task<Result<chat::Summary>> between(chat::UserId, chat::UserId) override {
    co_return fail(Errc::not_supported);
  }
  Task<Result<std::vector<chat::UserId>>> peers(chat::UserId user) override {
    if (is_away) co_return fail(Errc::unavailable);
    user.bytes[0] ^= 1;
    co_return std::vector{user};
  }

  bool is_away = false;
};

class PresenceNewsTest : public ::testing::Test {
 protected:
  void run() {
    const net::ShardScope scope(shard_);
    shard_.context().restart();
    while (shard_.context().poll() > 0) {
    }
  }
  void run_after(std::chrono::milliseconds duration) {
    {
      const net::ShardScope scope(shard_);
      shard_.timers().run(shard_.now() + duration);
    }
    run();
  }
  void change(bool online) {
    if (online) {
      (void)chat::fakes::run(shard_.context(), presence_.arrive(user_, "phone", wall_now()));
    } else {
      (void)chat::fakes::run(shard_.context(), presence_.leave(user_, "phone", wall_now()));
    }
    news_.changed(user_, online);
    run();
  }

  void repeat(SteadyTime since = {}) {
    news_.repeat(since);
    run();
  }

  const chat::UserId user_{};
  net::Shard shard_{0};
  chat::fakes::MemoryAccounts accounts_;
  chat::fakes::MemoryPresence presence_;
  Friends friends_;
  chat::Presences presences_{presence_, accounts_, friends_, {}};
  Texts told_;
  PresenceNews news_{shard_, presences_,
                     [this](const std::vector<chat::UserId>&, const socketio::EncodedEvent& event) {
                       told_.emplace_back(event.data().substr(2, event.data().find(',') - 3));
                     },
                     true};
};

TEST_F(PresenceNewsTest, are_told_when_a_store_is_back_that_was_away) {
  change(true);
  EXPECT_EQ(told_, Texts{"user_online"});
  friends_.is_away = true;
  change(false);
  run_after(store_pause);
  EXPECT_EQ(told_, Texts{"user_online"});
  friends_.is_away = false;
  run_after(store_pause);
  EXPECT_EQ(told_, (Texts{"user_online", "user_offline"}));
  run_after(store_pause);
  EXPECT_EQ(told_.size(), 2u) << "once";
}

TEST_F(PresenceNewsTest, are_none_where_all_is_as_before_when_the_store_is_back) {
  change(true);
  friends_.is_away = true;
  change(false);
  change(true);
  friends_.is_away = false;
  run_after(store_pause);
  EXPECT_EQ(told_, Texts{"user_online"});
}

TEST_F(PresenceNewsTest, keep_no_server_from_stopping_while_the_store_is_away) {
  friends_.is_away = true;
  change(true);
  EXPECT_EQ(news_.waiting(), 0u);
  run_after(store_pause);
  EXPECT_EQ(news_.waiting(), 0u);
  friends_.is_away = false;
  run_after(store_pause);
  EXPECT_EQ(told_, Texts{"user_online"});
  EXPECT_EQ(news_.waiting(), 0u);
}

TEST_F(PresenceNewsTest, are_told_again_where_not_everybody_may_have_heard_of_them) {
  change(true);
  repeat();
  EXPECT_EQ(told_, (Texts{"user_online", "user_online"}));
  change(false);
  repeat();
  EXPECT_EQ(told_, (Texts{"user_online", "user_online", "user_offline", "user_offline"}));
  (void)chat::fakes::run(shard_.context(), presence_.arrive(user_, "phone", wall_now()));
  repeat();
  EXPECT_EQ(told_.size(), 5u);
  EXPECT_EQ(told_.back(), "user_online") << "as they stand";
  EXPECT_EQ(news_.waiting(), 0u);
}

TEST_F(PresenceNewsTest, are_not_told_again_because_they_were_told_again) {
  change(true);
  const SteadyTime then = SteadyTime::clock::now() + 1ns;
  repeat();
  EXPECT_EQ(told_.size(), 2u);
  repeat(then);
  EXPECT_EQ(told_.size(), 2u);
}

TEST_F(PresenceNewsTest, are_told_again_when_a_store_is_back_that_was_away) {
  change(true);
  friends_.is_away = true;
  repeat();
  friends_.is_away = false;
  run_after(store_pause);
  EXPECT_EQ(told_, (Texts{"user_online", "user_online"}));
}

TEST_F(PresenceNewsTest, are_told_again_behind_a_change_that_waits_for_the_store) {
  change(true);
  friends_.is_away = true;
  change(false);
  change(true);
  repeat();
  friends_.is_away = false;
  run_after(store_pause);
  EXPECT_EQ(told_, (Texts{"user_online", "user_online"}));
}

}  // namespace
}  // namespace parley::api
