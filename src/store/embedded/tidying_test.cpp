#include "store/embedded/tidying.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "store/embedded/engine.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

constexpr std::uint64_t many = Tidying::few_batches + 1;

TEST(Tidying, waits_for_two_quiet_intervals) {
  Tidying tidying;
  EXPECT_EQ(tidying.look(many), Tidying::under_load);
  EXPECT_EQ(tidying.look(many), Tidying::under_load);
  EXPECT_EQ(tidying.look(many + Tidying::few_batches), Tidying::at_rest);
  EXPECT_EQ(tidying.look(many + Tidying::few_batches), Tidying::at_rest);
}

TEST(Tidying, lets_tables_gather_as_soon_as_there_is_load_again) {
  Tidying tidying;
  tidying.look(0);
  ASSERT_EQ(tidying.look(0), Tidying::at_rest);
  EXPECT_EQ(tidying.look(many), Tidying::under_load);
  EXPECT_EQ(tidying.look(2 * many), Tidying::under_load);
  EXPECT_EQ(tidying.look(2 * many), Tidying::under_load);
}

int tables_in_first_level(Engine& engine) {
  std::string count;
  engine.db().GetProperty(engine.table(Table::chat), "rocksdb.num-files-at-level0", &count);
  return std::stoi(count);
}

/// Tables of one row each, too few to be merged under load.
void gather(Engine& engine) {
  for (const char* value : {"1", "2", "3"}) {
    ASSERT_TRUE(engine.db().Put({}, engine.table(Table::chat), "key", value).ok());
    ASSERT_TRUE(engine.db().Flush({}, engine.table(Table::chat)).ok());
  }
}

/// Merging is done on RocksDB's own thread.
void expect_tidied(Engine& engine) {
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (tables_in_first_level(engine) >= Tidying::at_rest &&
         std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  EXPECT_LT(tables_in_first_level(engine), Tidying::at_rest);
  std::string value;
  EXPECT_TRUE(engine.db().Get({}, engine.table(Table::chat), "key", &value).ok());
  EXPECT_EQ(value, "3");
}

TEST(Tidying, merges_what_has_gathered) {
  const TemporaryDirectory data;
  const auto engine = Engine::open(small_config(data.path()), Access::write);
  ASSERT_TRUE(engine);
  gather(**engine);
  ASSERT_EQ(tables_in_first_level(**engine), 3);
  (*engine)->merge_from(Tidying::at_rest);
  expect_tidied(**engine);
}

TEST(Tidying, is_done_by_a_store_to_which_nobody_writes) {
  const TemporaryDirectory data;
  Config config = small_config(data.path());
  config.alive_interval = 20ms;
  const auto database = open_or_throw(config);
  Engine& engine = *database->internals().engine;
  gather(engine);
  expect_tidied(engine);
}

}  // namespace
}  // namespace parley::store::embedded
