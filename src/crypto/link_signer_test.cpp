#include "crypto/link_signer.hpp"

#include <gtest/gtest.h>

#include "crypto/jwt_signer.hpp"

namespace parley::crypto {
namespace {

using chat::LinkClaims;
using chat::LinkUse;

const Time now = from_unix_ms(1'700'000'000'000);
const chat::UserId user = *chat::UserId::parse("65a1b2c3d4e5f60718293a4b");

TEST(LinkSigner, reads_back_what_it_signed) {
  const LinkSigner signer{"a secret"};
  const LinkClaims claims{user, signer.fingerprint("the hash"), now + std::chrono::hours{1}};
  const auto read =
      signer.verify(LinkUse::reset_password, signer.sign(LinkUse::reset_password, claims), now);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, user);
  EXPECT_EQ(read->state, claims.state);
  EXPECT_EQ(read->expires_at, claims.expires_at);
}

TEST(LinkSigner, signs_for_one_use_only) {
  const LinkSigner signer{"a secret"};
  const std::string link =
      signer.sign(LinkUse::verify_email, {user, "x", now + std::chrono::hours{1}});
  EXPECT_TRUE(signer.verify(LinkUse::verify_email, link, now));
  EXPECT_FALSE(signer.verify(LinkUse::reset_password, link, now));
  EXPECT_FALSE(signer.verify(LinkUse::unsubscribe, link, now));
  const JwtSigner logins{{"a secret", "a secret"}};
  EXPECT_FALSE(logins.verify(chat::TokenUse::access, link, now)) << "no login by a mail's link";
}

TEST(LinkSigner, takes_no_login_for_a_link) {
  const JwtSigner logins{{"a secret", "another"}};
  const std::string token =
      logins.sign(chat::TokenUse::access, {user, {}, "id", now, now + std::chrono::hours{1}});
  for (const LinkUse use : {LinkUse::reset_password, LinkUse::verify_email, LinkUse::unsubscribe})
    EXPECT_FALSE(LinkSigner{"a secret"}.verify(use, token, now));
}

TEST(LinkSigner, refuses_what_is_over_forged_or_broken) {
  const LinkSigner signer{"a secret"};
  const std::string link =
      signer.sign(LinkUse::unsubscribe, {user, {}, now + std::chrono::seconds{10}});
  EXPECT_FALSE(signer.verify(LinkUse::unsubscribe, link, now + std::chrono::seconds{10}));
  EXPECT_FALSE(LinkSigner{"other"}.verify(LinkUse::unsubscribe, link, now));
  for (const std::string& bad : {std::string(), std::string("x"), link.substr(1), link + "A",
                                 std::string(10'000, 'a'), link + std::string(1, '\0')})
    EXPECT_FALSE(signer.verify(LinkUse::unsubscribe, bad, now)) << bad.size();
}

TEST(LinkSigner, fingerprints_tell_equal_from_different_and_need_the_key) {
  const LinkSigner signer{"a secret"};
  EXPECT_EQ(signer.fingerprint("one"), signer.fingerprint("one"));
  EXPECT_NE(signer.fingerprint("one"), signer.fingerprint("two"));
  EXPECT_NE(signer.fingerprint("one"), LinkSigner{"other"}.fingerprint("one"));
  for (int i = 0; i < 100; ++i) {
    const std::string print = signer.fingerprint(std::to_string(i));
    EXPECT_EQ(print.size(), 22u);
    EXPECT_EQ(print.find_first_of("+/="), std::string::npos) << print;
  }
}

}  // namespace
}  // namespace parley::crypto
