#include "store/embedded/memtable.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <random>
#include <string>

#include "store/embedded/testing.hpp"

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

/// What both ways of asking say, -1, 0 or 1.
int order(const std::string& one, const std::string& other) {
  const RowOrder compare;
  const int rows = sign(compare(row(one).data(), row(other).data()));
  EXPECT_EQ(rows, sign(compare(row(one).data(), rocksdb::Slice(other))));
  EXPECT_EQ(rows, -sign(compare(row(other).data(), row(one).data())));
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

std::string rows_of(std::shared_ptr<rocksdb::MemTableRepFactory> memtables) {
  const TemporaryDirectory directory;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.memtable_factory = std::move(memtables);
  rocksdb::DB* opened = nullptr;
  EXPECT_TRUE(rocksdb::DB::Open(options, directory.path() / "db", &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::mt19937_64 random(1);
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = random_key(random, 3);
    EXPECT_TRUE(
        (random() % 4 == 0 ? db->Delete({}, key) : db->Put({}, key, std::to_string(i))).ok());
  }
  std::string all;
  const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator({}));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    std::string value;
    EXPECT_TRUE(db->Get({}, at->key(), &value).ok());
    EXPECT_EQ(value, at->value().ToString());
    all += at->key().ToString(true) + "=" + value + "\n";
  }
  return all;
}

TEST(Memtables, HoldWhatThoseOfRocksDbHold) {
  const std::string rows = rows_of(std::make_shared<Memtables>());
  EXPECT_GT(rows.size(), 1'000u);
  EXPECT_EQ(rows, rows_of(std::make_shared<rocksdb::SkipListFactory>()));
}

}  // namespace
}  // namespace parley::store::embedded
