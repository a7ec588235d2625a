#include "store/embedded/skip_list.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "store/embedded/keys.hpp"
#include "store/embedded/row_order.hpp"

namespace parley::store::embedded {
namespace {

std::string internal(std::string key, std::uint64_t number, std::uint8_t kind = 1) {
  std::uint64_t trailer = number << 8 | kind;
  for (int i = 0; i < 8; ++i, trailer >>= 8) key.push_back(static_cast<char>(trailer & 0xFF));
  return key;
}

std::string row(const std::string& key) {
  const std::size_t size = key.size();
  const std::string length =
      size < 0x80 ? std::string{static_cast<char>(size)}
                  : std::string{static_cast<char>(size | 0x80), static_cast<char>(size >> 7)};
  return length + key + "a value, which counts for nothing";
}

int sign(int order) { return (order > 0) - (order < 0); }

int order(const std::string& one, const std::string& other) {
  const std::string one_row = row(one), other_row = row(other);
  const int rows =
      sign(compare_rows(internal_key_of(one_row.data()), internal_key_of(other_row.data())));
  EXPECT_EQ(rows, -sign(compare_rows(other, one)));
  return rows;
}

std::string random_key(std::mt19937_64& random, std::size_t longest) {
  std::string key(random() % (longest + 1), '\0');
  for (char& byte : key) byte = static_cast<char>(random() % 2 == 0 ? random() % 256 : 'a');
  return key;
}

TEST(RowOrder, KeysGoByTheirBytesWhichAreUnsigned) {
  EXPECT_EQ(order(internal("a", 1), internal("b", 1)), -1);
  EXPECT_EQ(order(internal("a\x7F", 1), internal("a\x80", 1)), -1);
  EXPECT_EQ(order(internal("eight by.", 1), internal("eight by\xFF", 1)), -1);
}

TEST(RowOrder, TheShorterKeyGoesBeforeTheOneThatItBegins) {
  EXPECT_EQ(order(internal("", 1), internal("a", 9)), -1);
  EXPECT_EQ(order(internal("sixteen bytes ab", 1), internal("sixteen bytes abc", 9)), -1);
}

TEST(RowOrder, TheNewestRowOfAKeyGoesFirst) {
  EXPECT_EQ(order(internal("key", 0x1FF), internal("key", 0x200)), 1);
  EXPECT_EQ(order(internal("key", 1ull << 40), internal("key", 1)), -1);
}

TEST(RowOrder, TwoRowsOfOneNumberAreDuplicatesWhateverTheirKind) {
  EXPECT_EQ(order(internal("key", 7, 0), internal("key", 7, 1)), 0);
}

TEST(RowOrder, LongKeysHaveALengthOfTwoBytes) {
  const std::string key(200, 'k');
  EXPECT_EQ(order(internal(key + "a", 1), internal(key + "b", 1)), -1);
  EXPECT_EQ(order(internal(key, 1), internal(key + "b", 1)), -1);
}

TEST(RowOrder, AgreesWithTheOrderOfStrings) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::string one = random_key(random, 24), other = random_key(random, 24);
    ASSERT_EQ(order(internal(one, 1), internal(other, 1)), sign(one.compare(other)));
  }
}

struct ByOrder {
  bool operator()(const std::string& one, const std::string& other) const {
    return compare_rows(one, other) < 0;
  }
};

/// A list, and what it ought to hold.
struct Checked {
  explicit Checked(NeighboursOf neighbours) : list(neighbours) {}

  void insert(const std::string& internal_key) {
    if (!expected.insert(internal_key).second) return;
    const std::string bytes = row(internal_key);
    const int height = list.next_height();
    // Memory at any address, as an arena gives it.
    memory.emplace_back(SkipList::room(height) + bytes.size() + offset, '\0');
    char* made = SkipList::make_row(memory.back().data() + offset, height);
    offset = (offset + 1) % 8;
    std::copy(bytes.begin(), bytes.end(), made);
    list.insert(made);
  }

  static std::string key_of(const char* found) {
    return found == nullptr ? "none" : internal_key_of(found).ToString();
  }

  void check() const {
    std::vector<std::string> found;
    for (const char* at = list.first(); at != nullptr; at = SkipList::next(at))
      found.push_back(key_of(at));
    ASSERT_EQ(found, std::vector<std::string>(expected.begin(), expected.end()));
    ASSERT_EQ(key_of(list.last()), expected.empty() ? "none" : *expected.rbegin());
  }

  void check_around(const std::string& key) const {
    const auto at = expected.lower_bound(key);
    ASSERT_EQ(key_of(list.at_or_after(key)), at == expected.end() ? "none" : *at);
    ASSERT_EQ(key_of(list.last_before(key)), at == expected.begin() ? "none" : *std::prev(at));
  }

  SkipList list;
  std::deque<std::string> memory;
  std::size_t offset = 0;
  std::set<std::string, ByOrder> expected;
};

TEST(SkipList, IsEmptyAtFirst) {
  const Checked empty(&keys::neighbours);
  empty.check();
  empty.check_around(internal("key", 1));
}

TEST(SkipList, HasRowsOfAnyKeysInOrder) {
  std::mt19937_64 random(1);
  Checked rows(&keys::neighbours);
  for (std::uint64_t i = 0; i < 20'000; ++i) rows.insert(internal(random_key(random, 3), i));
  rows.check();
  for (int i = 0; i < 1'000; ++i) rows.check_around(internal(random_key(random, 3), i * 20));
}

TEST(SkipList, HasTheRowsThatAStoreWritesInOrder) {
  std::mt19937_64 random(1);
  Checked rows(&keys::neighbours);
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
    for (const Key& key :
         {keys::message(conversations[i], seq), keys::message_id(message),
          keys::client_id(sender, std::to_string(random())), keys::head(conversations[i]),
          keys::watermark(conversations[i], random() % 2, Mark::delivered, seq)})
      rows.insert(internal(key.bytes.str(), number++));
  }
  rows.check();
}

/// Every group of neighbours in one slot, as badly chosen as can be.
Neighbours all_alike(const rocksdb::Slice&) { return {0, true}; }

TEST(SkipList, NeedsNoNeighbours) {
  std::mt19937_64 random(1);
  Checked rows(&all_alike);
  for (std::uint64_t i = 0; i < 5'000; ++i) rows.insert(internal(random_key(random, 5), i));
  rows.check();
}

TEST(SkipList, HasRowsInOrderThatComeOutOfIt) {
  std::mt19937_64 random(1);
  Checked rows(&keys::neighbours);
  const chat::ConversationId conversation{};
  for (int i = 0; i < 5'000; ++i) {
    rows.insert(internal(keys::message(conversation, random() % 1'000'000).bytes.str(), i));
    rows.insert(internal(keys::head(conversation).bytes.str(), random() % 1'000'000));
  }
  rows.check();
}

TEST(SkipList, CanBeReadWhileItGrows) {
  std::mt19937_64 random(1);
  Checked rows(&keys::neighbours);
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      const char* before = nullptr;
      for (const char* at = rows.list.first(); at != nullptr; at = SkipList::next(at)) {
        if (before != nullptr) {
          ASSERT_LT(compare_rows(internal_key_of(before), internal_key_of(at)), 0);
        }
        before = at;
      }
      if (before == nullptr) continue;
      const rocksdb::Slice key = internal_key_of(before);
      ASSERT_EQ(rows.list.at_or_after(key), before);
      ASSERT_NE(rows.list.last_before(key), before);
    }
  });
  for (std::uint64_t i = 0; i < 20'000; ++i) rows.insert(internal(random_key(random, 4), i));
  done = true;
  reader.join();
  rows.check();
}

}  // namespace
}  // namespace parley::store::embedded
