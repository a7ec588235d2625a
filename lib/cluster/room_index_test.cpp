#include "cluster/room_index.hpp"

#include <gtest/gtest.h>

namespace parley::cluster {
namespace {

TEST(RoomIndex, counts_who_holds_a_room) {
  RoomIndex rooms;
  EXPECT_TRUE(rooms.add("a"));
  EXPECT_FALSE(rooms.add("a"));
  EXPECT_FALSE(rooms.remove("a"));
  EXPECT_TRUE(rooms.contains("a"));
  EXPECT_TRUE(rooms.remove("a"));
  EXPECT_FALSE(rooms.contains("a"));
  EXPECT_FALSE(rooms.remove("a"));
  EXPECT_EQ(rooms.size(), 0U);
}

TEST(RoomIndex, tells_the_lives_of_a_room_apart) {
  RoomIndex rooms;
  rooms.add("a");
  const auto first = rooms.find("a")->number;
  rooms.remove("a");
  EXPECT_EQ(rooms.find("a"), nullptr);
  rooms.add("a");
  EXPECT_NE(rooms.find("a")->number, first);
  EXPECT_FALSE(rooms.find("a")->is_subscribed);
  EXPECT_EQ(rooms.names(), (std::vector<std::string>{"a"}));
}

}  // namespace
}  // namespace parley::cluster
