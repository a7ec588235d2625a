#include "engineio/session_id.hpp"

#include <gtest/gtest.h>

#include <set>

namespace parley::engineio {
namespace {

TEST(SessionId, names_its_shard_and_has_twenty_url_safe_characters) {
  for (const int shard : {0, 1, 63, 64, 4095}) {
    const std::string id = make_session_id(static_cast<net::ShardIndex>(shard));
    EXPECT_EQ(id.size(), session_id_size);
    EXPECT_EQ(
        id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    EXPECT_EQ(shard_of(id), shard);
  }
}

TEST(SessionId, differs_every_time) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(make_session_id(3));
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(SessionId, of_another_shape_names_no_shard) {
  EXPECT_FALSE(shard_of(""));
  EXPECT_FALSE(shard_of("AB"));
  EXPECT_FALSE(shard_of("AA0000000000000000000"));
  EXPECT_FALSE(shard_of("A+000000000000000000"));
  EXPECT_FALSE(shard_of("%A000000000000000000"));
}

}  // namespace
}  // namespace parley::engineio
