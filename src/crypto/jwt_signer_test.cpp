#include "crypto/jwt_signer.hpp"

#include <gtest/gtest.h>
#include <jwt.h>

#include <random>

#include "crypto/hs256.hpp"

namespace parley::crypto {

using chat::Claims;
using chat::TokenUse;

// Made by npm's jsonwebtoken 9.0 with userId 65a1b2c3d4e5f60718293a4b, iat 1760000000, exp iat +
// 900.
const JwtSigner::Secrets secrets{"access-secret-of-the-original", "refresh-secret-of-the-original"};
const std::string header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";
const std::string payload =
    "eyJ1c2VySWQiOiI2NWExYjJjM2Q0ZTVmNjA3MTgyOTNhNGIiLCJpYXQiOjE3NjAwMDAwMDAsImV4cCI6MTc2MDAwMDkwMH"
    "0.";
const std::string original = header + payload + "glMuCLiVKUS6Z3GBO7VUI_JvJf_kx0xJqpMLNuBAmvs";
const std::string original_refresh = header +
                                     "eyJ1c2VySWQiOiI2NWExYjJjM2Q0ZTVmNjA3MTgyOTNhNGIiLCJpYXQiOjE3N"
                                     "jAwMDAwMDAsImV4cCI6MTc2MDYwNDgwMH0."
                                     "BHlp3z88bUKiVkstgHnNlbOLFh1v5EP_t0tpM6Ymq4g";

const Time issued{std::chrono::seconds{1'760'000'000}};
const Time expires = issued + std::chrono::seconds{900};
const chat::UserId user = *chat::UserId::parse("65a1b2c3d4e5f60718293a4b");
const chat::FamilyId family = *chat::FamilyId::parse("0123456789abcdef01234567");

class JwtSignerTest : public ::testing::Test {
 protected:
  bool refuses(const std::string& token, Time now = issued) const {
    const auto claims = signer_.verify(TokenUse::access, token, now);
    return !claims && claims.error().code == Errc::unauthorized;
  }
  JwtSigner signer_{secrets};
};

TEST_F(JwtSignerTest, names_successors_that_nobody_else_can_tell) {
  const std::string next = signer_.successor("one");
  EXPECT_EQ(next, JwtSigner(secrets).successor("one"));
  EXPECT_EQ(next.size(), 24u);
  EXPECT_NE(next, signer_.successor("two"));
  EXPECT_NE(next, JwtSigner({secrets.access, "another refresh secret"}).successor("one"));
}

TEST_F(JwtSignerTest, accepts_what_the_original_minted) {
  const auto claims = signer_.verify(TokenUse::access, original, issued);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->user, user);
  EXPECT_EQ(claims->issued_at, issued);
  EXPECT_EQ(claims->expires_at, expires);
  EXPECT_EQ(claims->family, std::nullopt);
  EXPECT_EQ(claims->token_id, "");
  EXPECT_TRUE(signer_.verify(TokenUse::refresh, original_refresh, issued));
}

TEST_F(JwtSignerTest, gives_back_what_it_signed) {
  const Claims claims{user, family, "the-jti", issued, expires};
  for (const TokenUse use : {TokenUse::access, TokenUse::refresh}) {
    const auto found = signer_.verify(use, signer_.sign(use, claims), issued);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->user, user);
    EXPECT_EQ(found->family, family);
    EXPECT_EQ(found->token_id, "the-jti");
    EXPECT_EQ(found->issued_at, issued);
    EXPECT_EQ(found->expires_at, expires);
  }
}

TEST_F(JwtSignerTest, signs_with_hs256) {
  const std::string token = signer_.sign(TokenUse::access, {user, family, "j", issued, expires});
  jwt_t* decoded = nullptr;
  const auto* key = reinterpret_cast<const unsigned char*>(secrets.access.data());
  ASSERT_EQ(jwt_decode(&decoded, token.c_str(), key, static_cast<int>(secrets.access.size())), 0);
  EXPECT_EQ(jwt_get_alg(decoded), JWT_ALG_HS256);
  EXPECT_STREQ(jwt_get_grant(decoded, "userId"), user.hex().c_str());
  EXPECT_STREQ(jwt_get_grant(decoded, "sid"), family.hex().c_str());
  EXPECT_EQ(jwt_get_grant_int(decoded, "exp"), 1'760'000'900);
  jwt_free(decoded);
}

TEST_F(JwtSignerTest, keeps_the_two_uses_apart) {
  const Claims claims{user, family, "j", issued, expires};
  EXPECT_TRUE(refuses(signer_.sign(TokenUse::refresh, claims)));
  EXPECT_FALSE(signer_.verify(TokenUse::refresh, original, issued));
}

TEST_F(JwtSignerTest, expires_on_the_second) {
  EXPECT_FALSE(refuses(original, expires - std::chrono::milliseconds{1}));
  EXPECT_TRUE(refuses(original, expires));
}

TEST_F(JwtSignerTest, waits_for_a_token_to_begin) {
  hs256::Token token = hs256::begin(secrets.access);
  hs256::add(token, "userId", user.hex());
  hs256::add(token, "iat", issued);
  hs256::add(token, "nbf", issued + std::chrono::seconds{10});
  hs256::add(token, "exp", expires);
  const std::string text = hs256::encode(token);
  EXPECT_TRUE(refuses(text, issued + std::chrono::milliseconds{9999}));
  EXPECT_FALSE(refuses(text, issued + std::chrono::seconds{10}));
  for (const char* wrong : {"soon", "", "0"}) {
    ASSERT_EQ(jwt_del_grants(token.get(), "nbf"), 0);
    hs256::add(token, "nbf", std::string{wrong});
    EXPECT_TRUE(refuses(hs256::encode(token))) << wrong;
  }
}

TEST_F(JwtSignerTest, refuses_another_secret) {
  const JwtSigner other{{"another-secret", "another-secret"}};
  EXPECT_FALSE(other.verify(TokenUse::access, original, issued));
  EXPECT_TRUE(refuses(other.sign(TokenUse::access, {user, family, "j", issued, expires})));
}

TEST_F(JwtSignerTest, refuses_every_other_algorithm) {
  // All by jsonwebtoken, with the right secret: HS384, HS512, none; then none without its dot.
  EXPECT_TRUE(refuses("eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9." + payload +
                      "aW-PNJbq_xtniOlbo2bgKRRdiY2S45mNyrxHvK3pINmjBpb2zeANEHVr3lHIKXlg"));
  EXPECT_TRUE(
      refuses("eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9." + payload +
              "O_ehAbbzO2LICbgxFkm0dJBVNfHFYgYrhgkMx9C7PRBcD4quT2nGcb4hlYoCYUUmTkZAikpZWFafIL58"
              "_7gVEg"));
  const std::string none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + payload;
  EXPECT_TRUE(refuses(none));
  EXPECT_TRUE(refuses(none.substr(0, none.size() - 1)));
  EXPECT_TRUE(refuses(none + "glMuCLiVKUS6Z3GBO7VUI_JvJf_kx0xJqpMLNuBAmvs"));
}

TEST_F(JwtSignerTest, refuses_claims_that_are_missing_or_of_a_wrong_type) {
  // Genuine signatures over: no exp; no userId; userId an object; userId no id; exp a string.
  EXPECT_TRUE(refuses(header +
                      "eyJ1c2VySWQiOiI2NWExYjJjM2Q0ZTVmNjA3MTgyOTNhNGIiLCJpYXQiOjE3NjAwMDAwMDB9."
                      "RjHiR2bufo5O9zt1DNQIcrgCl7hCgs2UoU55Ye9KzTA"));
  EXPECT_TRUE(refuses(header + "eyJpYXQiOjE3NjAwMDAwMDAsImV4cCI6MTc2MDAwMDkwMH0."
                               "tpHZsEDTbHrbFO4dNAb-sE6gjvHWgn2JVegsxARFzzI"));
  EXPECT_TRUE(refuses(header +
                      "eyJ1c2VySWQiOnsiJGd0IjoiIn0sImlhdCI6MTc2MDAwMDAwMCwiZXhwIjoxNzYwMDAwOTAwfQ."
                      "v2HYnS7NXJF2-gdFw6R-vDPcIZp3JLyaEdFYDVjfbcc"));
  EXPECT_TRUE(refuses(header +
                      "eyJ1c2VySWQiOiJub3RoZXgiLCJpYXQiOjE3NjAwMDAwMDAsImV4cCI6MTc2MDAwMDkwMH0."
                      "I9E1QsxAOpLwpSRkaJB8lmsq01jCJQFiWJVRIaF6N4w"));
  EXPECT_TRUE(
      refuses(header +
              "eyJ1c2VySWQiOiI2NWExYjJjM2Q0ZTVmNjA3MTgyOTNhNGIiLCJpYXQiOjE3NjAwMDAwMDAsImV4cCI6"
              "IjE3NjAwMDA5MDAifQ.aDqz71YhcIUnVnUvQYCv3GPEH3zE-zkmT5qiJgZcOI0"));
}

TEST_F(JwtSignerTest, refuses_malformed_tokens) {
  for (const std::string& bad :
       {std::string{}, std::string{"."}, std::string{".."}, std::string{"..."},
        std::string{"a.b.c"}, std::string("\0", 1), original + std::string("\0", 1),
        std::string("\0", 1) + original, original + ".", original + " ", " " + original,
        original + "A", "Bearer " + original, header + payload,
        header + payload + "====", std::string(5000, 'A'), header + std::string(3000, '.'),
        std::string(4096, '='), std::string{"\xFF\xFE.\xFF\xFE.\xFF\xFE"}}) {
    EXPECT_TRUE(refuses(bad)) << bad.substr(0, 40);
  }
}

TEST_F(JwtSignerTest, refuses_every_cut_and_every_changed_byte) {
  for (std::size_t i = 0; i < original.size(); ++i) {
    EXPECT_TRUE(refuses(original.substr(0, i))) << i;
    std::string changed = original;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(refuses(changed)) << i;
  }
}

TEST_F(JwtSignerTest, survives_noise) {
  std::mt19937 random{7};
  static constexpr std::string_view alphabet = "abcXYZ019-_.=+/ {}\":\x01\xFF";
  for (int i = 0; i < 2000; ++i) {
    std::string token = i % 2 == 0 ? original : std::string(random() % 200, 'x');
    for (int n = 0; n < 5 && !token.empty(); ++n) {
      token[random() % token.size()] = alphabet[random() % alphabet.size()];
    }
    if (token != original) {
      EXPECT_TRUE(refuses(token)) << i;
    }
  }
}

}  // namespace parley::crypto
