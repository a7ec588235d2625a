#include "store/embedded/row_order.hpp"

#include <gtest/gtest.h>

#include "store/embedded/row_testing.hpp"

namespace parley::store::embedded {
namespace {

int sign(int order) { return (order > 0) - (order < 0); }

int order(const std::string& one, const std::string& other) {
  const std::string one_row = row(one), other_row = row(other);
  const int rows =
      sign(compare_rows(internal_key_of(one_row.data()), internal_key_of(other_row.data())));
  EXPECT_EQ(rows, -sign(compare_rows(other, one)));
  return rows;
}

TEST(RowOrder, keys_go_by_their_bytes_which_are_unsigned) {
  EXPECT_EQ(order(internal("a", 1), internal("b", 1)), -1);
  EXPECT_EQ(order(internal("a\x7F", 1), internal("a\x80", 1)), -1);
  EXPECT_EQ(order(internal("eight by.", 1), internal("eight by\xFF", 1)), -1);
}

TEST(RowOrder, the_shorter_key_goes_before_the_one_that_it_begins) {
  EXPECT_EQ(order(internal("", 1), internal("a", 9)), -1);
  EXPECT_EQ(order(internal("sixteen bytes ab", 1), internal("sixteen bytes abc", 9)), -1);
}

TEST(RowOrder, the_newest_row_of_a_key_goes_first) {
  EXPECT_EQ(order(internal("key", 0x1FF), internal("key", 0x200)), 1);
  EXPECT_EQ(order(internal("key", 1ull << 40), internal("key", 1)), -1);
}

TEST(RowOrder, two_rows_of_one_number_are_duplicates_whatever_their_kind) {
  EXPECT_EQ(order(internal("key", 7, 0), internal("key", 7, 1)), 0);
}

TEST(RowOrder, long_keys_have_a_length_of_two_bytes) {
  const std::string key(200, 'k');
  EXPECT_EQ(order(internal(key + "a", 1), internal(key + "b", 1)), -1);
  EXPECT_EQ(order(internal(key, 1), internal(key + "b", 1)), -1);
}

TEST(RowOrder, agrees_with_the_order_of_strings) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::string one = random_key(random, 24), other = random_key(random, 24);
    ASSERT_EQ(order(internal(one, 1), internal(other, 1)), sign(one.compare(other)));
  }
}

}  // namespace
}  // namespace parley::store::embedded
