#include <gtest/gtest.h>

#include "redis/config.hpp"

namespace parley::redis {
namespace {

TEST(ParseUrl, reads_every_part) {
  const auto config = parse_url("redis://someone:p%40ss%2Fword@redis.example:7000/3");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->host, "redis.example");
  EXPECT_EQ(config->port, 7000);
  EXPECT_EQ(config->user, "someone");
  EXPECT_EQ(config->password, "p@ss/word");
  EXPECT_EQ(config->database, 3U);
  EXPECT_FALSE(config->tls);
}

TEST(ParseUrl, knows_short_forms) {
  const auto plain = parse_url("redis://host");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->port, 6379);
  EXPECT_EQ(plain->database, 0U);
  const auto password = parse_url("redis://:secret@host/");
  ASSERT_TRUE(password);
  EXPECT_EQ(password->user, "");
  EXPECT_EQ(password->password, "secret");
  const auto tls = parse_url("rediss://host:6380");
  ASSERT_TRUE(tls);
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->port, 6380);
  const auto bare = parse_url("10.0.0.1:6400");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->host, "10.0.0.1");
  EXPECT_EQ(bare->port, 6400);
}

TEST(ParseUrl, takes_ipv6_addresses_without_their_brackets) {
  const auto config = parse_url("redis://[::1]:6401");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->host, "::1");
  EXPECT_EQ(config->port, 6401);
}

TEST(ParseUrl, refuses_what_it_cannot_use_without_showing_the_password) {
  for (const std::string url : {"",
                                "redis://",
                                "http://host",
                                "host",
                                "host:0",
                                "host:65536",
                                "host:port",
                                "redis://host:x",
                                "redis://host/one",
                                "redis://host/-1",
                                "redis://host/99999999",
                                "redis://u:secret@host/x",
                                "redis://:sec ret@host",
                                "redis://:secret@host?x=1",
                                "redis://host#x",
                                "redis://user@host",
                                "user:secret@host:1",
                                "host:1/2",
                                "redis://:secret@:6379",
                                "redis:///1",
                                "redis://host:99999"}) {
    const auto config = parse_url(url);
    ASSERT_FALSE(config) << url;
    EXPECT_EQ(config.error().code, Errc::bad_request) << url;
    EXPECT_EQ(config.error().detail.find("sec"), std::string::npos) << url;
    EXPECT_TRUE(config.error().detail.starts_with("Redis URL: ")) << config.error().detail;
  }
}

}  // namespace
}  // namespace parley::redis
