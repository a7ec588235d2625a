#include "store/embedded/pacing.hpp"

#include <gtest/gtest.h>

#include <string>

#include "store/embedded/engine.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using namespace std::chrono_literals;

TEST(Pacing, rests_many_times_as_long_as_it_has_worked) {
  EXPECT_EQ(Pacing::rest_after(500us, {1, 3}), Pacing::rest_factor * 500us);
  EXPECT_EQ(Pacing::rest_after(Pacing::least_work - 1us, {1, 3}), 0us);
  EXPECT_EQ(Pacing::rest_after(10s, {1, 3}), Pacing::longest_rest);
}

TEST(Pacing, does_not_rest_when_another_memtable_is_full) {
  EXPECT_EQ(Pacing::rest_after(500us, {2, 3}), 0us);
}

TEST(Pacing, does_not_rest_when_tables_pile_up) {
  EXPECT_GT(Pacing::rest_after(500us, {1, 16}), 0us);
  EXPECT_EQ(Pacing::rest_after(500us, {1, 17}), 0us);
}

/// Makes a table of more than a megabyte; `now`: when load was seen.
std::uint64_t rests_of_a_flush(std::optional<SteadyTime> now) {
  const TemporaryDirectory data;
  Config config = small_config(data.path());
  config.write_buffer = 32u << 20;  // Nothing is flushed before it is asked for.
  const auto engine = Engine::open(config, Access::write);
  if (!engine) throw std::runtime_error(engine.error().detail);
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  rocksdb::DB& db = (*engine)->db();
  for (int row = 0; row < 20'000; ++row) {
    const std::string key = "key " + std::to_string(row);
    EXPECT_TRUE(db.Put(unlogged, (*engine)->table(Table::chat), key, key + key + key).ok());
  }
  if (now) (*engine)->pacing().saw_load(*now);
  EXPECT_TRUE(db.Flush({}, (*engine)->table(Table::chat)).ok());
  return (*engine)->pacing().rests();
}

TEST(Pacing, lets_a_flush_rest_under_load_alone) {
  EXPECT_GT(rests_of_a_flush(std::chrono::steady_clock::now() + 1h), 0u);
  EXPECT_EQ(rests_of_a_flush(std::nullopt), 0u);
  EXPECT_EQ(rests_of_a_flush(std::chrono::steady_clock::now() - Pacing::load_lasts), 0u);
}

}  // namespace
}  // namespace parley::store::embedded
