#include "crypto/bcrypt.hpp"

#include <gtest/gtest.h>

namespace parley::crypto {

// Made by npm's bcrypt 6.0.0, except where the prefix says otherwise.
const std::string node_hash = "$2b$10$/jdE8WNoUEh1VYdl5A3y3eQmt.vwCWuuxE6SfmN2tlrVoRpGhb666";
const std::string node_short = "$2b$04$nyKqnUbPH8AJqDN4OVtQv.ZS0KZ4nxFt8/sg.BT1wdocBOL2gX0Fi";
const std::string node_utf8 = "$2b$04$FunErEd0eb70djxExVYL0ewZgYoARB4E29V6y0hHpAlx.K/gTKf1i";

TEST(Bcrypt, verifies_what_node_made) {
  EXPECT_TRUE(*bcrypt_verify("correct horse battery staple", node_hash));
  EXPECT_FALSE(*bcrypt_verify("correct horse battery stapl", node_hash));
  EXPECT_TRUE(*bcrypt_verify("correct horse", node_short));
  EXPECT_TRUE(*bcrypt_verify("p\xC3\xA4ssw\xC3\xB6rd \xF0\x9F\x94\x92", node_utf8));
}

TEST(Bcrypt, verifies_the_older_prefixes) {
  const std::string rest = "$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
  EXPECT_TRUE(*bcrypt_verify("correct horse", "$2a" + rest));
  EXPECT_TRUE(*bcrypt_verify("correct horse", "$2b" + rest));
  EXPECT_TRUE(*bcrypt_verify("correct horse", "$2y" + rest));
  EXPECT_FALSE(*bcrypt_verify("wrong horse", "$2y" + rest));
}

TEST(Bcrypt, verifies_what_it_made) {
  const auto hash = bcrypt_hash("hunter22", 4);
  ASSERT_TRUE(hash);
  EXPECT_EQ(hash->size(), 60u);
  EXPECT_TRUE(hash->starts_with("$2b$04$"));
  EXPECT_TRUE(*bcrypt_verify("hunter22", *hash));
  EXPECT_FALSE(*bcrypt_verify("hunter23", *hash));
}

TEST(Bcrypt, salts_every_hash) { EXPECT_NE(*bcrypt_hash("same", 4), *bcrypt_hash("same", 4)); }

TEST(Bcrypt, takes_72_bytes_and_refuses_more) {
  const std::string longest(72, 'x');
  const auto hash = bcrypt_hash(longest, 4);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(*bcrypt_verify(longest, *hash));
  EXPECT_FALSE(*bcrypt_verify(longest + "x", *hash)) << "cut, not refused";
  EXPECT_FALSE(*bcrypt_verify(longest.substr(1), *hash));
  EXPECT_EQ(bcrypt_hash(longest + "x", 4).error().code, Errc::bad_request);
}

TEST(Bcrypt, refuses_a_nul_inside) {
  const std::string password("abc\0def", 7);
  EXPECT_EQ(bcrypt_hash(password, 4).error().code, Errc::bad_request);
  EXPECT_FALSE(*bcrypt_verify(password, *bcrypt_hash("abc", 4)));
  EXPECT_FALSE(*bcrypt_verify(std::string(1, '\0'), *bcrypt_hash("", 4)));
}

TEST(Bcrypt, calls_anything_else_corrupt) {
  const std::string md5 = "$1$salt$qJH7.N4xYta3aEG/dfqo/0";
  for (const std::string& bad :
       {std::string{}, std::string{"x"}, md5, "$2x" + node_hash.substr(3), node_hash + "x",
        node_hash.substr(0, 59), "$2b$99$" + node_hash.substr(7), "$2b$1" + std::string(55, '*'),
        "$2b$10$" + std::string(53, '\0')}) {
    const auto verified = bcrypt_verify("correct horse battery staple", bad);
    ASSERT_FALSE(verified) << bad;
    EXPECT_EQ(verified.error().code, Errc::corrupt);
  }
}

TEST(Bcrypt, says_when_the_cost_is_impossible) {
  EXPECT_EQ(bcrypt_hash("hunter22", 99).error().code, Errc::internal);
}

}  // namespace parley::crypto
