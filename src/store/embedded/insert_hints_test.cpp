#include "store/embedded/insert_hints.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::store::embedded {
namespace {

const std::string ann(12, 'a'), ben(12, 'b');

TEST(InsertHints, remembers_a_conversation_from_its_second_row_on) {
  const InsertHints hints;
  EXPECT_FALSE(hints.InDomain("m" + ann + "00000001"));
  EXPECT_TRUE(hints.InDomain("m" + ann + "00000002"));
  EXPECT_FALSE(hints.InDomain("m" + ben + "00000001"));
  EXPECT_FALSE(hints.InDomain("w" + ann + "00000001")) << "rows of another kind stand elsewhere";
  EXPECT_TRUE(hints.InDomain("m" + ann + "00000003"));
  EXPECT_EQ(hints.Transform("m" + ann + "00000003").ToString(), "m" + ann);
}

TEST(InsertHints, has_one_place_for_all_ids_of_messages) {
  const InsertHints hints;
  EXPECT_TRUE(hints.InDomain("i" + ann));
  EXPECT_EQ(hints.Transform("i" + ann).ToString(), "i");
}

TEST(InsertHints, forgets_what_others_have_displaced) {
  const InsertHints hints;
  EXPECT_FALSE(hints.InDomain("m" + ann + "00000001"));
  for (int other = 0; other < 1'000'000; ++other) {
    std::string id = std::to_string(other);
    id.resize(12);
    (void)hints.InDomain("m" + id);
  }
  EXPECT_FALSE(hints.InDomain("m" + ann + "00000002"));
}

TEST(InsertHints, takes_keys_of_any_length) {
  const InsertHints hints;
  EXPECT_FALSE(hints.InDomain(""));
  EXPECT_FALSE(hints.InDomain("m"));
  EXPECT_TRUE(hints.InDomain("m"));
}

}  // namespace
}  // namespace parley::store::embedded
