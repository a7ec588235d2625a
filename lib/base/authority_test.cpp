#include "base/authority.hpp"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(ParseAuthority, takes_names_and_addresses_with_and_without_a_port) {
  EXPECT_EQ(parse_authority("h"), (Authority{"h", std::nullopt}));
  EXPECT_EQ(parse_authority("node_1.example-2.org:1"), (Authority{"node_1.example-2.org", 1}));
  EXPECT_EQ(parse_authority("10.0.0.1:65535"), (Authority{"10.0.0.1", 65535}));
  EXPECT_EQ(parse_authority("[fd00::1]"), (Authority{"fd00::1", std::nullopt}));
  EXPECT_EQ(parse_authority("[::ffff:10.0.0.1]:25"), (Authority{"::ffff:10.0.0.1", 25}));
  EXPECT_TRUE(parse_authority(std::string(253, 'h')));
}

TEST(ParseAuthority, refuses_the_rest) {
  for (const char* no_port : {"h:", "h:0", "h:65536", "h:99999", "h:1x", "h:-1", "h:1:2", "[::1]1"})
    EXPECT_FALSE(parse_authority(no_port)) << no_port;
  for (const char* no_address : {"::1", "fd00::1:8000", "[::1", "::1]", "[]:25", "[h]:1", "[v1.x]"})
    EXPECT_FALSE(parse_authority(no_address)) << no_address;
  for (const char* no_name : {"", ":", ":1", "u@h:1", "a b", "a%20b", "a!b", "h/", "h?", "h\n"})
    EXPECT_FALSE(parse_authority(no_name)) << no_name;
  EXPECT_FALSE(parse_authority(std::string(254, 'h')));
}

TEST(AuthorityOf, has_brackets_around_ipv6) {
  EXPECT_EQ(authority_of("h", 80), "h:80");
  EXPECT_EQ(authority_of("::1", 8000), "[::1]:8000");
}

}  // namespace
}  // namespace parley
