#include "store/mongo/clock.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace parley::store::mongo {
namespace {

Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

TEST(VersionClock, grows_within_a_millisecond_and_over_them) {
  VersionClock clock(7);
  chat::Version last = 0;
  for (int i = 0; i < 5'000; ++i) {
    const chat::Version next = clock.next(at(i / 2'000));
    EXPECT_GT(next, last);
    last = next;
  }
}

TEST(VersionClock, says_when_a_version_was_made) {
  VersionClock clock(7);
  EXPECT_EQ(VersionClock::time_of(clock.next(at(5))), at(5));
  EXPECT_LE(VersionClock::floor_of(at(9)), clock.next(at(9)));
  EXPECT_LT(clock.next(at(9)), VersionClock::floor_of(at(10)));
}

TEST(VersionClock, goes_on_when_time_goes_back) {
  VersionClock clock(7);
  const chat::Version first = clock.next(at(100));
  const chat::Version second = clock.next(at(50));
  EXPECT_GT(second, first);
  EXPECT_EQ(VersionClock::time_of(second), at(100));
}

TEST(VersionClock, is_above_what_another_node_made) {
  VersionClock ahead(4095), behind(0);
  const chat::Version theirs = ahead.next(at(60'000));
  behind.observe(theirs);
  EXPECT_GT(behind.next(at(0)), theirs);
  behind.observe(1);
  EXPECT_GT(behind.next(at(0)), theirs);
}

TEST(VersionClock, hardly_ever_makes_what_another_node_makes) {
  std::vector<std::unique_ptr<VersionClock>> nodes;
  for (std::uint32_t seed = 1; seed <= 75; ++seed)
    nodes.push_back(std::make_unique<VersionClock>(seed));
  std::set<chat::Version> all;
  for (int ms = 0; ms < 2'000; ++ms) {
    for (const auto& node : nodes) all.insert(node->next(at(ms)));
  }
  EXPECT_GT(all.size(), 75 * 2'000 - 20u) << "some 3 of 5.5 million pairs are expected";
}

TEST(VersionClock, has_room_for_hundreds_in_a_millisecond) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    VersionClock clock(seed);
    chat::Version last = 0;
    for (int i = 0; i < 512; ++i) last = clock.next(at(9));
    EXPECT_EQ(VersionClock::time_of(last), at(9));
  }
}

TEST(VersionClock, fits_an_int64_until_2089) {
  VersionClock clock(4095);
  const Time late = from_unix_ms(3'755'000'000'000);  // December 2088.
  EXPECT_LT(clock.next(late), static_cast<chat::Version>(std::numeric_limits<std::int64_t>::max()));
}

TEST(VersionClock, serves_threads_at_once) {
  VersionClock clock(3);
  std::vector<std::vector<chat::Version>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&clock, &mine] {
      for (int i = 0; i < 2'000; ++i) mine.push_back(clock.next(at(0)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<chat::Version> all;
  for (const auto& mine : made) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 8'000u);
}

}  // namespace
}  // namespace parley::store::mongo
