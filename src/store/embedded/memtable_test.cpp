#include "store/embedded/memtable.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <random>
#include <string>

#include "store/embedded/keys.hpp"
#include "store/embedded/row_testing.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

std::string rows_of(std::shared_ptr<rocksdb::MemTableRepFactory> memtables) {
  const TemporaryDirectory directory;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.memtable_factory = std::move(memtables);
  options.allow_concurrent_memtable_write = false;
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
  for (at->SeekToLast(); at->Valid(); at->Prev()) all += at->key().ToString(true) + " ";
  for (int i = 0; i < 100; ++i) {
    const std::string key = random_key(random, 3);
    at->SeekForPrev(key);
    if (at->Valid()) all += at->key().ToString(true) + " ";
  }
  return all;
}

TEST(Memtables, HoldWhatThoseOfRocksDbHold) {
  const std::string rows = rows_of(std::make_shared<rocksdb::SkipListFactory>());
  EXPECT_GT(rows.size(), 1'000u);
  Upcoming upcoming{std::vector<std::uint64_t>(100, 7), 0};  // All wrong, which costs time alone.
  for (const Table table : {Table::people, Table::chat})
    EXPECT_EQ(rows, rows_of(std::make_shared<Memtables>(keys::groups(table, 1u << 20), upcoming)));
}

}  // namespace
}  // namespace parley::store::embedded
