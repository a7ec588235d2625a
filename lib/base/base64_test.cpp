#include "base/base64.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace parley {

TEST(Base64, gives_back_every_length) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64, knows_the_vectors_of_rfc_4648) {
  const std::pair<std::string, std::string> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : rows) {
    EXPECT_EQ(to_base64(plain), encoded);
    EXPECT_EQ(from_base64(encoded), plain);
  }
}

TEST(Base64, appends_behind_what_is_there) {
  std::string out = "key=";
  append_base64(out, "foob");
  EXPECT_EQ(out, "key=Zm9vYg==");
}

TEST(Base64, reads_nothing_but_what_it_writes) {
  for (const auto* text : {"AQIDBA=", "====", "A===", "AB=C", " AAA", "AA-_", "AAA\n", "AAAé"})
    EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Base64Url, has_no_character_that_a_url_escapes) {
  EXPECT_EQ(to_base64url("\xFB\xEF\xFF"), "--__");
  EXPECT_EQ(to_base64url("\xFF"), "_w");
  EXPECT_EQ(from_base64url("--__"), "\xFB\xEF\xFF");
}

TEST(Base64Url, reads_neither_padding_nor_the_other_alphabet) {
  for (const auto* text : {"_w==", "++//", "A", "AAAAA", "A A"})
    EXPECT_FALSE(from_base64url(text)) << text;
}

}  // namespace parley
