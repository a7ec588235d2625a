#include "engineio/session_id.hpp"

#include <gtest/gtest.h>

#include <set>

namespace parley::engineio {
namespace {

TEST(SessionId, names_its_home_and_has_twenty_url_safe_characters) {
  for (const Home home : {Home{0, 0}, Home{1, 63}, Home{64, 64}, Home{max_node_number, 4095}}) {
    const std::string id = make_session_id(home);
    EXPECT_EQ(id.size(), session_id_size);
    EXPECT_EQ(
        id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    EXPECT_EQ(home_of(id), home);
  }
}

TEST(SessionId, differs_every_time) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(make_session_id({7, 3}));
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(SessionId, of_another_shape_names_no_home) {
  EXPECT_FALSE(home_of(""));
  EXPECT_FALSE(home_of("AB"));
  EXPECT_FALSE(home_of("AA0000000000000000000"));
  EXPECT_FALSE(home_of("A+000000000000000000"));
  EXPECT_FALSE(home_of("%A000000000000000000"));
}

}  // namespace
}  // namespace parley::engineio
