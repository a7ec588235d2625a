#include "store/embedded/tidying.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "store/embedded/engine.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

constexpr std::uint64_t many = Tidying::few_batches + 1;

TEST(Tidying, waits_for_two_quiet_intervals) {
  Tidying tidying;
  EXPECT_EQ(tidying.look(many), std::nullopt);
  EXPECT_EQ(tidying.look(many), std::nullopt);
  EXPECT_EQ(tidying.look(many + Tidying::few_batches), Tidying::at_rest);
  EXPECT_EQ(tidying.look(many + Tidying::few_batches), std::nullopt);
}

TEST(Tidying, lets_tables_gather_as_soon_as_there_is_load_again) {
  Tidying tidying;
  tidying.look(0);
  ASSERT_EQ(tidying.look(0), Tidying::at_rest);
  EXPECT_EQ(tidying.look(many), Tidying::under_load);
  EXPECT_EQ(tidying.look(many), std::nullopt);
  EXPECT_EQ(tidying.look(2 * many), std::nullopt);
}

std::string tables_in_first_level(Engine& engine) {
  std::string count;
  engine.db().GetProperty(engine.table(Table::chat), "rocksdb.num-files-at-level0", &count);
  return count;
}

TEST(Tidying, merges_what_has_gathered) {
  const TemporaryDirectory data;
  const auto engine = Engine::open(small_config(data.path()), Access::write);
  ASSERT_TRUE(engine);
  rocksdb::DB& db = (*engine)->db();
  rocksdb::ColumnFamilyHandle* chat = (*engine)->table(Table::chat);
  for (const char* value : {"1", "2", "3"}) {
    ASSERT_TRUE(db.Put({}, chat, "key", value).ok());
    ASSERT_TRUE(db.Flush({}, chat).ok());
  }
  ASSERT_EQ(tables_in_first_level(**engine), "3");

  (*engine)->merge_from(Tidying::at_rest);

  const auto end = std::chrono::steady_clock::now() + 30s;  // on RocksDB's own thread
  while (tables_in_first_level(**engine) != "0" && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  EXPECT_EQ(tables_in_first_level(**engine), "0");
  std::string value;
  EXPECT_TRUE(db.Get({}, chat, "key", &value).ok());
  EXPECT_EQ(value, "3");
}

}  // namespace
}  // namespace parley::store::embedded
