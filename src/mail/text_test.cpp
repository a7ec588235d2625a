#include "mail/text.hpp"

#include <gtest/gtest.h>

#include "base/utf8.hpp"

namespace parley::mail {
namespace {

using namespace std::chrono_literals;

TEST(OneLine, makes_one_space_of_blanks_and_line_ends) {
  EXPECT_EQ(one_line("  a\r\n\r\n b\t\tc \n", 200), "a b c");
  EXPECT_EQ(one_line("a\xE2\x80\xA8"
                     "b\xC2\xA0"
                     "c\xE3\x80\x80"
                     "d",
                     200),
            "a b c d");
}

TEST(OneLine, drops_controls_and_marks_that_turn_the_direction) {
  EXPECT_EQ(one_line(std::string_view{"a\0b\x1B[31mc\x7F", 10}, 200), "ab[31mc");
  EXPECT_EQ(one_line("a\xC2\x9B"
                     "b",
                     200),
            "ab");                                                   // C1
  EXPECT_EQ(one_line("exe.\xE2\x80\xAEgnp", 200), "exe.gnp");        // right-to-left override
  EXPECT_EQ(one_line("\xE2\x81\xA6x\xE2\x81\xA9", 200), "x");        // isolates
  EXPECT_EQ(one_line("\xD7\xA9\xD7\x9C", 200), "\xD7\xA9\xD7\x9C");  // Hebrew stays
}

TEST(OneLine, counts_code_points_and_marks_what_it_cut) {
  EXPECT_EQ(one_line("äöü", 3), "äöü");
  EXPECT_EQ(one_line("äöüß", 3), "äö…");
  EXPECT_EQ(one_line("ab cd", 3), "ab…");
  EXPECT_EQ(one_line("abc   ", 3), "abc");
  EXPECT_EQ(one_line("abc", 0), "");
  EXPECT_EQ(one_line("", 5), "");
  const std::string faces = one_line(std::string(400, 'x') + "🙂", 200);
  EXPECT_EQ(count_code_points(faces), 200U);
}

TEST(OneLine, gives_utf8_whatever_it_gets) {
  EXPECT_EQ(one_line("a\xFF\xFEz\xC3", 200), "az");
  EXPECT_EQ(one_line("\xED\xA0\x80x", 200), "x");  // a surrogate
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string{"a"} + static_cast<char>(byte) + "z";
    EXPECT_TRUE(is_utf8(one_line(text, 2))) << byte;
    EXPECT_TRUE(is_utf8(clean_lines(text))) << byte;
  }
}

TEST(Beginning, leaves_what_it_keeps_as_it_is) {
  EXPECT_EQ(beginning("a\r\n\x01 b", 200), "a\r\n\x01 b");
  EXPECT_EQ(beginning("äöü", 3), "äöü");
  EXPECT_EQ(beginning("äöüß", 3), "äö…");
  EXPECT_EQ(beginning("🙂🙂", 1), "…");
  EXPECT_EQ(beginning("", 1), "");
}

TEST(CleanLines, ends_each_line_alike_and_keeps_tabs) {
  EXPECT_EQ(clean_lines("a\r\nb\rc\nd\te\r\r\nf"), "a\nb\nc\nd\te\n\nf");
  EXPECT_EQ(clean_lines(std::string_view{"a\0\x08\x1B"
                                         "b",
                                         5}),
            "ab");
}

TEST(HasControls, finds_all_that_could_end_a_header_line) {
  for (const std::string_view bad : {"a\nb", "a\rb", "a\tb", "a\x7F", "\xC2\x85", "\xE2\x80\xA8"})
    EXPECT_TRUE(has_controls(bad)) << bad;
  EXPECT_TRUE(has_controls(std::string_view{"\0", 1}));
  EXPECT_FALSE(has_controls("Zoë \xC2\xA0 🙂"));
}

// Source: FIPS 180-2, appendix B.1.
TEST(Sha256Hex, gives_the_first_bytes) {
  EXPECT_EQ(sha256_hex("abc", 4), "ba7816bf");
  EXPECT_EQ(sha256_hex("abc", 32),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(InWords, says_the_largest_unit_without_fraction) {
  EXPECT_EQ(in_words(1h), "1 hour");
  EXPECT_EQ(in_words(24h), "1 day");
  EXPECT_EQ(in_words(48h), "2 days");
  EXPECT_EQ(in_words(90min), "90 minutes");
  EXPECT_EQ(in_words(61s), "61 seconds");
  EXPECT_EQ(in_words(0s), "1 second");
}

}  // namespace
}  // namespace parley::mail
