#include "websocket/utf8_check.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/utf8.hpp"

namespace parley::websocket {
namespace {

using namespace std::string_literals;

bool check_in_pieces(std::string_view text, std::size_t piece) {
  Utf8Check check;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!check.feed(text.substr(at, piece))) return false;
  }
  return check.is_complete();
}

TEST(Utf8Check, agrees_with_the_whole_check_however_the_text_is_cut) {
  const std::string rows[] = {
      "",
      "plain ascii, a little longer than a word",
      "κόσμε",
      "日本語テキスト",
      "😀😃 mixed ä",
      "\xC2\x80\xDF\xBF",
      "\xE0\xA0\x80",
      "\xED\x9F\xBF\xEE\x80\x80",
      "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
      // not UTF-8:
      "\x80",
      "a\xBF",
      "\xC0\x80",
      "\xC1\xBF",
      "\xE0\x9F\xBF",
      "\xED\xA0\x80",
      "\xF0\x8F\xBF\xBF",
      "\xF4\x90\x80\x80",
      "\xF5\x80\x80\x80",
      "\xFF",
      "\xC3(",
      "\xE2\x82",
      "abc\xF0\x9F\x98",
  };
  for (const std::string& row : rows) {
    for (std::size_t piece = 1; piece <= row.size() + 1; ++piece) {
      EXPECT_EQ(check_in_pieces(row, piece), is_utf8(row))
          << testing::PrintToString(row) << " by " << piece;
    }
  }
}

TEST(Utf8Check, finds_an_error_at_the_first_wrong_byte) {
  Utf8Check check;
  EXPECT_TRUE(check.feed("ok \xE0"));
  EXPECT_FALSE(check.feed("\x80"));
}

TEST(Utf8Check, refuses_a_lead_byte_that_can_never_be_finished) {
  EXPECT_FALSE(Utf8Check{}.feed("text\xF5"));
  EXPECT_FALSE(Utf8Check{}.feed("text\xE0\x80"));
}

TEST(Utf8Check, is_incomplete_inside_a_code_point) {
  Utf8Check check;
  EXPECT_TRUE(check.feed("\xF0\x9F"));
  EXPECT_FALSE(check.is_complete());
  EXPECT_TRUE(check.feed("\x98\x80"));
  EXPECT_TRUE(check.is_complete());
}

}  // namespace
}  // namespace parley::websocket
