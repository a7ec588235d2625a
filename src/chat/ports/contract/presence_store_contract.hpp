#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "base/object_id.hpp"
#include "chat/fakes/run.hpp"
#include "chat/ports/presence_store.hpp"

namespace parley::chat::contract {

struct PresenceAdapter {
  std::string name;
  std::function<std::unique_ptr<PresenceStore>()> make;

  friend void PrintTo(const PresenceAdapter& adapter, std::ostream* out) { *out << adapter.name; }
};

class PresenceStoreContract : public ::testing::TestWithParam<PresenceAdapter> {
 protected:
  static Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }
  template <class T>
  T good(Task<Result<T>> task) {
    Result<T> result = fakes::run(context_, std::move(task));
    if (!result) throw std::runtime_error("refused: " + result.error().detail);
    return std::move(*result);
  }
  bool arrive(UserId user, const std::string& device, Time now) {
    return good(store_->arrive(user, device, now));
  }
  bool leave(UserId user, const std::string& device, Time now) {
    return good(store_->leave(user, device, now));
  }
  Presence presence(UserId user) { return good(store_->status({user})).at(0); }
  UserId new_user() { return UserId{ids_.next(at(0))}; }

  asio::io_context context_{1};
  ObjectIdSource ids_;
  std::unique_ptr<PresenceStore> store_ = GetParam().make();
  UserId alice_ = new_user();
  UserId bob_ = new_user();
};

TEST_P(PresenceStoreContract, calls_strangers_offline_and_never_seen) {
  EXPECT_EQ(presence(alice_), (Presence{alice_, false, std::nullopt}));
}

TEST_P(PresenceStoreContract, says_once_that_somebody_came_and_once_that_they_left) {
  EXPECT_TRUE(arrive(alice_, "phone", at(1)));
  EXPECT_FALSE(arrive(alice_, "laptop", at(2)));
  EXPECT_FALSE(leave(alice_, "phone", at(3)));
  EXPECT_TRUE(presence(alice_).online);
  EXPECT_TRUE(leave(alice_, "laptop", at(4)));
  EXPECT_FALSE(presence(alice_).online);
  EXPECT_TRUE(arrive(alice_, "phone", at(5)));
}

TEST_P(PresenceStoreContract, counts_a_device_once) {
  EXPECT_TRUE(arrive(alice_, "phone", at(1)));
  EXPECT_FALSE(arrive(alice_, "phone", at(2)));
  EXPECT_TRUE(leave(alice_, "phone", at(3)));
  EXPECT_FALSE(leave(alice_, "phone", at(4)));
}

TEST_P(PresenceStoreContract, ignores_an_unknown_device) {
  EXPECT_FALSE(leave(alice_, "phone", at(1)));
  arrive(alice_, "phone", at(2));
  EXPECT_FALSE(leave(alice_, "laptop", at(3)));
  EXPECT_FALSE(leave(bob_, "phone", at(3)));
  EXPECT_TRUE(presence(alice_).online);
}

TEST_P(PresenceStoreContract, remembers_when_the_last_device_left) {
  arrive(alice_, "phone", at(10));
  EXPECT_EQ(presence(alice_).last_seen, std::nullopt);
  leave(alice_, "phone", at(20));
  EXPECT_EQ(presence(alice_).last_seen, at(20));
  arrive(alice_, "phone", at(30));
  EXPECT_EQ(presence(alice_), (Presence{alice_, true, at(20)}));
  leave(alice_, "phone", at(40));
  EXPECT_EQ(presence(alice_), (Presence{alice_, false, at(40)}));
}

TEST_P(PresenceStoreContract, answers_one_entry_an_id_in_order) {
  arrive(bob_, "phone", at(1));
  const UserId stranger = new_user();
  const auto all = good(store_->status({alice_, bob_, stranger, bob_}));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].user, alice_);
  EXPECT_FALSE(all[0].online);
  EXPECT_EQ(all[1], (Presence{bob_, true, std::nullopt}));
  EXPECT_EQ(all[2].user, stranger);
  EXPECT_EQ(all[3], all[1]);
  EXPECT_TRUE(good(store_->status({})).empty());
}

TEST_P(PresenceStoreContract, counts_right_when_many_come_and_go_at_once) {
  std::vector<Task<Result<bool>>> coming, going;
  for (int i = 0; i < 50; ++i) coming.push_back(store_->arrive(alice_, std::to_string(i), at(i)));
  for (int i = 0; i < 50; ++i) going.push_back(store_->leave(alice_, std::to_string(i), at(100)));
  int first = 0, last = 0;
  for (const auto& one : fakes::run_all(context_, std::move(coming))) first += one && *one;
  for (const auto& one : fakes::run_all(context_, std::move(going))) last += one && *one;
  EXPECT_EQ(first, 1);
  EXPECT_EQ(last, 1);
  EXPECT_FALSE(presence(alice_).online);
}

}  // namespace parley::chat::contract
