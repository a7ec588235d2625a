#include "store/embedded/row_groups.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "store/embedded/keys.hpp"
#include "store/embedded/row_testing.hpp"

namespace parley::store::embedded {
namespace {

/// Groups, and what they ought to hold.
struct Checked {
  explicit Checked(Grouping grouping) : groups(grouping, memory) {}

  void insert(const std::string& internal_key) {
    if (expected.insert(internal_key).second)
      groups.insert(rows.make(internal_key, groups.next_height()));
  }

  std::vector<std::string> found() const {
    std::vector<std::string> keys;
    for (const RowGroups::Member& group : groups.in_order()) {
      for (const char* at = group.rows->first(); at != nullptr; at = SkipList::next(at)) {
        EXPECT_TRUE(internal_key_of(at).starts_with(group.prefix));
        keys.push_back(key_of(at));
      }
    }
    return keys;
  }

  void check() const {
    ASSERT_EQ(found(), std::vector<std::string>(expected.begin(), expected.end()));
    for (const std::string& key : expected) {
      const SkipList* group = groups.find(key);
      ASSERT_NE(group, nullptr);
      ASSERT_EQ(key_of(group->at_or_after(key)), key);
    }
  }

  std::pmr::monotonic_buffer_resource memory;
  RowMemory rows;
  RowGroups groups;
  std::set<std::string, ByOrder> expected;
};

const auto chat = keys::groups(Table::chat, 1u << 20),
           people = keys::groups(Table::people, 1u << 20);

TEST(RowGroups, are_none_at_first) {
  const Checked empty(chat);
  empty.check();
  EXPECT_EQ(empty.groups.find(internal("key", 1)), nullptr);
}

TEST(RowGroups, have_rows_of_any_keys_in_order) {
  for (const Grouping grouping : {chat, people}) {
    std::mt19937_64 random(1);
    Checked rows(grouping);
    for (std::uint64_t i = 0; i < 20'000; ++i) rows.insert(internal(random_key(random, 3), i));
    rows.check();
  }
}

TEST(RowGroups, that_share_a_bucket_are_told) {
  std::mt19937_64 random(1);
  Checked rows({chat.prefix, 1});
  for (std::uint64_t i = 0; i < 1'000; ++i) rows.insert(internal(random_key(random, 2), i));
  rows.check();
  EXPECT_EQ(rows.groups.find(internal("a key that nothing has", 1)), nullptr);
}

TEST(RowGroups, have_the_rows_that_a_store_writes_in_order) {
  std::mt19937_64 random(1);
  Checked rows(chat);
  std::vector<chat::ConversationId> conversations(50);
  std::vector<chat::Seq> seqs(conversations.size());
  for (auto& id : conversations)
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
  for (std::uint64_t number = 1; number < 20'000;) {
    const std::size_t i = random() % conversations.size();
    const chat::Seq seq = ++seqs[i];
    chat::MessageId message;
    for (int at = 0; at < 4; ++at)
      message.bytes[8 + at] = static_cast<std::uint8_t>(number >> 8 * (3 - at));
    const chat::UserId sender{conversations[i / 2].bytes};
    for (const Key& key : {keys::message(conversations[i], seq), keys::message_id(message),
                           keys::client_id(sender, std::to_string(random())),
                           keys::head(conversations[i]), keys::membership(sender, conversations[i]),
                           keys::watermark(conversations[i], random() % 2, Mark::delivered, seq)})
      rows.insert(internal(key.bytes.str(), number++));
  }
  rows.check();
}

/// What a scan reads must be in one group: see Rows::scan.
TEST(RowGroups, are_no_smaller_than_what_is_scanned) {
  const chat::ConversationId conversation{};
  const chat::UserId user{};
  const auto prefix = [](const Key& key) { return chat.prefix(key.bytes.view()); };
  EXPECT_EQ(prefix(keys::message(conversation, 7)), keys::head(conversation).bytes.size());
  EXPECT_EQ(prefix(keys::membership(user, conversation)), keys::memberships(user).bytes.size());
  EXPECT_EQ(prefix(keys::memberships(user)), keys::memberships(user).bytes.size());
  EXPECT_EQ(prefix(keys::watermark(conversation, 1, Mark::read, 7)) + sizeof(chat::Seq),
            keys::watermark(conversation, 1, Mark::read, 7).bytes.size());
}

TEST(RowGroups, can_be_read_while_they_grow) {
  std::mt19937_64 random(1);
  Checked rows({chat.prefix, 1u << 10});
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      const std::vector<std::string> keys = rows.found();
      for (std::size_t i = 1; i < keys.size(); ++i) ASSERT_TRUE(ByOrder()(keys[i - 1], keys[i]));
      if (keys.empty()) continue;
      const SkipList* group = rows.groups.find(keys.front());
      ASSERT_NE(group, nullptr);
      ASSERT_EQ(key_of(group->at_or_after(keys.front())), keys.front());
    }
  });
  for (std::uint64_t i = 0; i < 20'000; ++i) rows.insert(internal(random_key(random, 4), i));
  done = true;
  reader.join();
  rows.check();
}

}  // namespace
}  // namespace parley::store::embedded
