#include "store/embedded/skip_list.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <thread>
#include <vector>

#include "store/embedded/row_testing.hpp"

namespace parley::store::embedded {
namespace {

/// A list, and what it ought to hold.
struct Checked {
  void insert(const std::string& internal_key) {
    if (!expected.insert(internal_key).second) return;
    const int height = 1 + std::min(std::countr_zero(random()) / 2, SkipList::max_height - 1);
    list.insert(rows.make(internal_key, height), levels);
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

  std::pmr::monotonic_buffer_resource levels;
  RowMemory rows;
  SkipList list;
  std::mt19937_64 random{7};
  std::set<std::string, ByOrder> expected;
};

TEST(SkipList, is_empty_at_first) {
  const Checked empty;
  empty.check();
  empty.check_around(internal("key", 1));
}

TEST(SkipList, has_rows_of_any_keys_in_order) {
  std::mt19937_64 random(1);
  Checked rows;
  for (std::uint64_t i = 0; i < 20'000; ++i) rows.insert(internal(random_key(random, 3), i));
  rows.check();
  for (int i = 0; i < 1'000; ++i) rows.check_around(internal(random_key(random, 3), i * 20));
}

std::string number(std::uint64_t i) {
  std::string digits = std::to_string(i);
  return std::string(8 - digits.size(), '0') + digits;
}

TEST(SkipList, has_rows_in_order_that_ascend_or_descend) {
  Checked up, down, newer;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    up.insert(internal(number(i), i));
    down.insert(internal(number(5'000 - i), i));
    newer.insert(internal("key", i));
  }
  for (const Checked* rows : {&up, &down, &newer}) {
    rows->check();
    for (int i = 0; i < 1'000; ++i) rows->check_around(internal(number(i * 5), i));
  }
}

TEST(SkipList, has_rows_in_order_that_ascend_with_few_that_do_not) {
  std::mt19937_64 random(1);
  Checked rows;
  for (std::uint64_t i = 100; i < 5'000; ++i) {
    rows.insert(internal(number(i), i));
    if (random() % 10 == 0) rows.insert(internal(number(i - random() % 100), 5'000 + i));
  }
  rows.check();
}

TEST(SkipList, can_be_read_while_it_grows) {
  std::mt19937_64 random(1);
  Checked rows;
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
