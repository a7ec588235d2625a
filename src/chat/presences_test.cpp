#include "chat/presences.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "chat/fakes/memory_presence.hpp"
#include "chat/fakes/memory_stores.hpp"
#include "chat/fakes/run.hpp"

namespace parley::chat {

class PresencesTest : public ::testing::Test {
 protected:
  template <class T>
  Result<T> run(Task<Result<T>> task) {
    return fakes::run(context_, std::move(task));
  }
  static Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }
  UserId user(const std::string& name) {
    Account account;
    account.id = UserId{ids_.next(at(0))};
    account.username = name;
    account.email = name + "@example.org";
    return run(stores_.accounts.create(account))->id;
  }
  void say(UserId from, UserId to) {
    ASSERT_TRUE(run(stores_.messages.append({from, to, "hello", std::nullopt, at(0)})));
  }
  bool arrive(UserId user, const std::string& device, Time now) {
    return *run(presences_.arrive(user, device, now));
  }
  bool leave(UserId user, const std::string& device, Time now) {
    return *run(presences_.leave(user, device, now));
  }

  asio::io_context context_{1};
  ObjectIdSource ids_;
  fakes::MemoryStores stores_;
  fakes::MemoryPresence store_;
  Presences presences_{store_, stores_.accounts, stores_.messages, Limits{}};
  UserId alice_ = user("alice");
  UserId bob_ = user("bob");
  UserId carol_ = user("carol");
};

TEST_F(PresencesTest, tells_those_who_share_a_conversation) {
  say(alice_, bob_);
  EXPECT_TRUE(arrive(alice_, "phone", at(1)));
  const auto news = run(presences_.news(alice_));
  EXPECT_EQ(news->presence, (Presence{alice_, true, std::nullopt}));
  EXPECT_EQ(news->audience, std::vector{bob_});
  EXPECT_TRUE(run(presences_.news(carol_))->audience.empty());
}

TEST_F(PresencesTest, changes_once_a_user_and_not_once_a_device) {
  say(alice_, bob_);
  EXPECT_TRUE(arrive(alice_, "phone", at(1)));
  EXPECT_FALSE(arrive(alice_, "laptop", at(2)));
  EXPECT_FALSE(leave(alice_, "phone", at(3)));
  EXPECT_TRUE(leave(alice_, "laptop", at(4)));
  const auto news = run(presences_.news(alice_));
  EXPECT_EQ(news->presence, (Presence{alice_, false, at(4)}));
  EXPECT_EQ(news->audience, std::vector{bob_});
  EXPECT_FALSE(leave(alice_, "laptop", at(5)));
}

TEST_F(PresencesTest, keeps_last_seen_in_the_account) {
  arrive(alice_, "phone", at(1));
  EXPECT_EQ(run(stores_.accounts.find(alice_))->last_seen, std::nullopt);
  leave(alice_, "phone", at(2));
  EXPECT_EQ(run(stores_.accounts.find(alice_))->last_seen, at(2));
}

TEST_F(PresencesTest, knows_last_seen_from_before_the_start) {
  ASSERT_TRUE(run(stores_.accounts.touch_last_seen(alice_, at(7))));
  arrive(bob_, "phone", at(8));
  const auto all = run(presences_.status({alice_, bob_, carol_}));
  EXPECT_EQ(*all, (std::vector<Presence>{{alice_, false, at(7)},
                                         {bob_, true, std::nullopt},
                                         {carol_, false, std::nullopt}}));
  EXPECT_EQ(*run(presences_.status_of(alice_)), (Presence{alice_, false, at(7)}));
}

TEST_F(PresencesTest, prefers_what_the_presence_store_saw) {
  arrive(alice_, "phone", at(10));
  leave(alice_, "phone", at(20));
  EXPECT_EQ(run(presences_.status({alice_}))->at(0), (Presence{alice_, false, at(20)}));
  EXPECT_EQ(*run(presences_.status_of(alice_)), (Presence{alice_, false, at(20)}));
}

TEST_F(PresencesTest, answers_for_as_many_as_allowed) {
  std::vector<UserId> users(500, alice_);
  EXPECT_EQ(run(presences_.status(users))->size(), 500u);
  EXPECT_TRUE(run(presences_.status({}))->empty());
  users.push_back(alice_);
  const auto refused = run(presences_.status(users));
  EXPECT_EQ(refused.error().code, Errc::bad_request);
  EXPECT_EQ(refused.error().fields.at(0).field, "ids");
}

TEST_F(PresencesTest, calls_strangers_offline_in_a_list_and_not_found_alone) {
  const UserId stranger{ids_.next(at(0))};
  EXPECT_EQ(run(presences_.status({stranger}))->at(0), (Presence{stranger, false, std::nullopt}));
  EXPECT_EQ(run(presences_.status_of(stranger)).error().code, Errc::not_found);
}

namespace {
/// Accounts whose last_seen cannot be written.
class ReadOnlyAccounts final : public AccountStore {
 public:
  Task<Result<Account>> create(Account) override { co_return fail(Errc::unavailable); }
  Task<Result<Account>> find(UserId) override { co_return fail(Errc::unavailable); }
  Task<Result<Account>> find_by_email(std::string) override { co_return fail(Errc::unavailable); }
  Task<Result<std::vector<Account>>> find_many(std::vector<UserId>) override {
    co_return fail(Errc::unavailable);
  }
  Task<Result<std::vector<Account>>> search(std::string, std::size_t) override {
    co_return fail(Errc::unavailable);
  }
  Task<Result<Account>> update(UserId, ProfilePatch, Time) override {
    co_return fail(Errc::unavailable);
  }
  Task<Result<Done>> set_password(UserId, std::string, std::string, Time) override {
    co_return fail(Errc::unavailable);
  }
  Task<Result<bool>> set_email_verified(UserId, std::string, Time) override {
    co_return fail(Errc::unavailable);
  }
  Task<Result<Account>> set_administrator(UserId, bool, Time) override {
    co_return fail(Errc::unavailable);
  }
  Task<Result<Done>> touch_last_seen(UserId, Time) override { co_return fail(Errc::unavailable); }
};
}  // namespace

TEST_F(PresencesTest, tells_people_even_when_the_account_cannot_be_written) {
  ReadOnlyAccounts broken;
  Presences presences{store_, broken, stores_.messages, Limits{}};
  say(alice_, bob_);
  ASSERT_TRUE(run(presences.arrive(alice_, "phone", at(1))));
  EXPECT_EQ(*run(presences.leave(alice_, "phone", at(2))), true);
  EXPECT_EQ(run(presences.news(alice_))->audience, std::vector{bob_});
  EXPECT_EQ(run(presences.status_of(alice_)).error().code, Errc::unavailable);
}

}  // namespace parley::chat
