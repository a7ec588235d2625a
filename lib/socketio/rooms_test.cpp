#include "socketio/rooms.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace parley::socketio {
namespace {

class Person : public Member {
 public:
  explicit Person(int number) : number_(number) {}
  int number() const { return number_; }

 private:
  int number_;
};

std::set<int> members(const Rooms& rooms, std::string_view room) {
  std::set<int> numbers;
  rooms.for_each(
      room, [&numbers](Member& member) { numbers.insert(static_cast<Person&>(member).number()); });
  return numbers;
}

TEST(Rooms, hold_who_joined_until_they_leave) {
  Rooms rooms;
  Person a{1}, b{2};
  EXPECT_TRUE(rooms.join(a, "x"));
  EXPECT_FALSE(rooms.join(a, "x"));
  EXPECT_TRUE(rooms.join(b, "x"));
  EXPECT_EQ(members(rooms, "x"), (std::set{1, 2}));
  EXPECT_TRUE(rooms.leave(a, "x"));
  EXPECT_FALSE(rooms.leave(a, "x"));
  EXPECT_FALSE(rooms.leave(a, "never heard of"));
  EXPECT_EQ(members(rooms, "x"), (std::set{2}));
  rooms.leave_all(b);
}

TEST(Rooms, are_gone_with_their_last_member) {
  Rooms rooms;
  Person a{1};
  rooms.join(a, "x");
  EXPECT_TRUE(rooms.exists("x"));
  rooms.leave(a, "x");
  EXPECT_FALSE(rooms.exists("x"));
  EXPECT_EQ(rooms.size(), 0U);
}

TEST(Rooms, list_a_members_rooms_in_order) {
  Rooms rooms;
  Person a{1};
  for (const char* room : {"c", "a", "b"}) rooms.join(a, room);
  EXPECT_EQ(rooms.rooms_of(a), (std::vector<std::string>{"a", "b", "c"}));
  rooms.leave_all(a);
  EXPECT_TRUE(rooms.rooms_of(a).empty());
}

TEST(Rooms, tell_when_a_room_appears_and_goes) {
  Rooms rooms;
  std::vector<std::pair<std::string, bool>> told;
  rooms.watch([&told](std::string_view room, bool exists) { told.emplace_back(room, exists); });
  Person a{1}, b{2};
  rooms.join(a, "x");
  rooms.join(b, "x");
  rooms.leave(a, "x");
  rooms.leave_all(b);
  EXPECT_EQ(told, (std::vector<std::pair<std::string, bool>>{{"x", true}, {"x", false}}));
}

TEST(Rooms, agree_with_a_simple_model_under_random_use) {
  Rooms rooms;
  std::vector<std::unique_ptr<Person>> people;
  for (int i = 0; i < 20; ++i) people.push_back(std::make_unique<Person>(i));
  std::map<std::string, std::set<int>> model;
  std::mt19937 random{42};
  for (int step = 0; step < 20'000; ++step) {
    const int who = static_cast<int>(random() % 20);
    const std::string room = std::to_string(random() % 8);
    switch (random() % 8) {
      case 0:
        rooms.leave_all(*people[static_cast<std::size_t>(who)]);
        for (auto& [name, in] : model) in.erase(who);
        break;
      case 1:
      case 2:
      case 3:
        rooms.leave(*people[static_cast<std::size_t>(who)], room);
        model[room].erase(who);
        break;
      default:
        rooms.join(*people[static_cast<std::size_t>(who)], room);
        model[room].insert(who);
    }
    ASSERT_EQ(members(rooms, room), model[room]);
  }
  for (auto& person : people) rooms.leave_all(*person);
  EXPECT_EQ(rooms.size(), 0U);
}

}  // namespace
}  // namespace parley::socketio
