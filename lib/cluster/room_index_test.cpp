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

TEST(RoomIndex, names_the_rooms_that_are_held) {
  RoomIndex rooms;
  rooms.add("a");
  rooms.remove("a");
  EXPECT_TRUE(rooms.names().empty());
  rooms.add("a");
  EXPECT_EQ(rooms.names(), (std::vector<std::string>{"a"}));
}

}  // namespace
}  // namespace parley::cluster
