#include <gtest/gtest.h>

#include <map>
#include <random>

#include "store/embedded/forgetful_disk.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;

/// A store whose power is cut again and again, and what it has acknowledged.
/// --gtest_random_seed=n has others than usual.
class PowerCutTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  /// Small, so that logs are replaced, tables written and merged all the time.
  Config config() {
    Config config = small_config(directory_.path());
    config.write_buffer = 64u << 10;
    config.max_log = 192u << 10;
    config.env = disk_.env();
    return config;
  }

  /// Whether it was acknowledged.
  template <class T>
  bool done(Task<Result<T>> task) {
    return caller_.run(std::move(task)).has_value();
  }

  /// False: the store refuses. Everything that was acknowledged is remembered.
  bool write_some(OpenStore& store) {
    std::vector<Task<Result<chat::Appended>>> tasks;
    for (int i = 0; i < 8; ++i) {
      const std::string name = std::to_string(++made_);
      tasks.push_back(
          store.messages().append({i % 3 ? alice_ : bob_, i % 3 ? bob_ : alice_,
                                   std::string(made_ % 300, '.') + name, name, at(made_)}));
    }
    const std::size_t before = messages_.size();
    for (auto& result : chat::fakes::run_all(caller_.context, std::move(tasks))) {
      if (result) messages_[result->message.id] = result->message;
    }
    if (messages_.size() < before + 8) return false;
    const chat::Message& last = messages_.rbegin()->second;
    if (made_ % 3 == 0) {
      if (!done(store.receipts().mark_read(last.receiver, last.id, at(made_)))) return false;
      read_.push_back(last.id);
    }
    chat::Family family{{}, alice_, "token", at(1'000'000)};
    family.id.bytes = ids_.next(at(made_));
    if (!done(store.sessions().open(family))) return false;
    if (made_ % 2 == 0) {
      open_.push_back(family);
      return true;
    }
    if (!done(store.sessions().revoke(family.id))) return false;
    revoked_.push_back(family);
    return true;
  }

  void check(OpenStore& store) {
    ASSERT_EQ(broken_rules(*store.database), "");
    std::map<chat::MessageId, chat::Message> stored;
    const auto page = caller_.good(store.conversations().list(bob_, {}, 1));
    for (const auto& summary : page.summaries) {
      for (auto& one : caller_.all_of(store, summary.conversation.id, bob_))
        stored[one.id] = std::move(one);
    }
    for (const auto& [id, message] : messages_) {
      const auto found = stored.find(id);
      ASSERT_NE(found, stored.end()) << "lost: " << *message.client_id;
      ASSERT_EQ(found->second.content, message.content);
      ASSERT_EQ(found->second.seq, message.seq);
    }
    for (const chat::MessageId& id : read_) ASSERT_EQ(stored[id].status(), chat::Status::read);
    std::vector<Task<Result<Done>>> good, bad;
    for (const chat::Family& one : open_)
      good.push_back(store.sessions().rotate(one, {one.token_id, at(made_)}));
    for (const chat::Family& one : revoked_) bad.push_back(store.sessions().open(one));
    for (const auto& result : chat::fakes::run_all(caller_.context, std::move(good)))
      ASSERT_TRUE(result);
    for (const auto& result : chat::fakes::run_all(caller_.context, std::move(bad)))
      ASSERT_EQ(result.error().code, Errc::conflict);
    if (!messages_.empty()) {
      const chat::Message& first = messages_.begin()->second;
      const auto again = caller_.good(
          store.messages().append({first.sender, first.receiver, "", first.client_id, at(0)}));
      ASSERT_TRUE(again.duplicate);
      ASSERT_EQ(again.message.id, first.id);
    }
  }

  TemporaryDirectory directory_;
  const std::uint32_t seed_ =
      1000 * static_cast<std::uint32_t>(GTEST_FLAG_GET(random_seed)) + GetParam();
  std::mt19937 random_{seed_};
  ForgetfulDisk disk_{directory_.path() / "attic", seed_};
  Caller caller_;
  ObjectIdSource ids_;
  chat::UserId alice_, bob_;
  int made_ = 0;
  std::map<chat::MessageId, chat::Message> messages_;
  std::vector<chat::MessageId> read_;
  std::vector<chat::Family> open_, revoked_;
};

TEST_P(PowerCutTest, loses_nothing_acknowledged_wherever_the_power_fails) {
  {
    OpenStore store(config());
    alice_ = caller_.user(store, "alice");
    bob_ = caller_.user(store, "bob");
  }
  constexpr int cuts = 12;
  int while_opening = 0;
  for (int cut = 0; cut < cuts; ++cut) {
    // One in three while the store is being opened.
    disk_.cut_after(random_() % (cut % 3 == 0 ? 60 : 1500) + 1);
    try {
      OpenStore store(config());
      while (write_some(store)) {
      }
    } catch (const std::runtime_error&) {
      ++while_opening;
    }
    ASSERT_TRUE(disk_.is_cut()) << "refused for another reason";
    disk_.forget();
    OpenStore store(config());
    check(store);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(messages_.size(), 200u);
  EXPECT_LT(while_opening, cuts / 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PowerCutTest, ::testing::Range(1u, 4u));

}  // namespace
}  // namespace parley::store::embedded
