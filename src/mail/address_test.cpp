#include "mail/address.hpp"

#include <gtest/gtest.h>

namespace parley::mail {
namespace {

TEST(IsEmail, takes_what_an_envelope_may_hold) {
  for (const std::string_view good :
       {"a@b", "no-reply@localhost", "Anna.Lee+chat@mail.example.org", "zoë@bücher.example"})
    EXPECT_TRUE(is_email(good)) << good;
}

TEST(IsEmail, refuses_what_smtp_or_a_header_would_read_otherwise) {
  for (const std::string_view bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>",
                                     "a@b\n", "<a@b>", "a@b>", "\"a\"@b", "a,b@c", "a@b c", "a;b@c",
                                     "a\\@b", "a@[1.2.3.4]", "a@b\xFF", "a\x7F@b", "a\xC2\x85@b"})
    EXPECT_FALSE(is_email(bad)) << bad;
  EXPECT_TRUE(is_email(std::string(252, 'a') + "@b"));
  EXPECT_FALSE(is_email(std::string(253, 'a') + "@b"));
}

TEST(AddressFrom, reads_an_address_with_and_without_a_name) {
  EXPECT_EQ(*address_from("a@b"), (Address{"", "a@b"}));
  EXPECT_EQ(*address_from(" Parley <no-reply@localhost> "),
            (Address{"Parley", "no-reply@localhost"}));
  EXPECT_EQ(*address_from("<a@b>"), (Address{"", "a@b"}));
  EXPECT_EQ(*address_from("\"Doe, \\\"J\\\" \" <a@b>"), (Address{"Doe, \"J\" ", "a@b"}));
  EXPECT_EQ(*address_from("Zoë Müller <a@b>"), (Address{"Zoë Müller", "a@b"}));
}

TEST(AddressFrom, refuses_all_else) {
  for (const std::string_view bad : {"", "Parley", "Parley a@b", "a@b>", "Parley <a>",
                                     "Parley <a@b> x", "A\nB <a@b>", "\"", "<>"})
    EXPECT_FALSE(address_from(bad)) << bad;
}

TEST(DomainOf, is_what_stands_behind_the_at) {
  EXPECT_EQ(domain_of("a@example.org"), "example.org");
  EXPECT_EQ(domain_of("example"), "example");
}

}  // namespace
}  // namespace parley::mail
