#include "socketio/json_members.hpp"

#include <gtest/gtest.h>

namespace parley::socketio {

namespace {
/// Of `text` as an event's first argument; it is kept, for the members borrow from it.
JsonMembers members_of(std::string_view text) {
  static std::string event;
  event = std::string{R"([{"name":1},)"}.append(text) + "]";
  JsonMembers members;
  EXPECT_TRUE(scan_json(event, {}, &members)) << text;
  return members;
}

std::string_view text_of(const JsonMembers& members, std::string_view name) {
  const auto* value = members.find(name);
  return value == nullptr ? "absent" : value->text;
}
}  // namespace

TEST(JsonMembers, gives_every_kind_of_value_as_it_stands) {
  const auto members = members_of(
      R"( { "s" : "a\\\"b" , "n":-1.5e3,"o": {"s":"}]","x":[{}]} ,"a":[1,"[",{"a":2}],"t":true, "f" : false ,"z":null } , 2)");
  EXPECT_EQ(text_of(members, "s"), R"("a\\\"b")");
  EXPECT_EQ(members.find("s")->kind, JsonKind::string);
  EXPECT_EQ(text_of(members, "n"), "-1.5e3");
  EXPECT_EQ(members.find("n")->kind, JsonKind::number);
  EXPECT_EQ(text_of(members, "o"), R"({"s":"}]","x":[{}]})");
  EXPECT_EQ(members.find("o")->kind, JsonKind::object);
  EXPECT_EQ(text_of(members, "a"), R"([1,"[",{"a":2}])");
  EXPECT_EQ(members.find("a")->kind, JsonKind::array);
  EXPECT_EQ(text_of(members, "t"), "true");
  EXPECT_EQ(members.find("t")->kind, JsonKind::boolean);
  EXPECT_EQ(text_of(members, "f"), "false");
  EXPECT_EQ(members.find("z")->kind, JsonKind::null);
  EXPECT_EQ(members.find("x"), nullptr);
}

TEST(JsonMembers, has_none_of_what_is_no_object) {
  for (const auto* text : {"1", "{}", "{ }", "[{\"a\":1}]", "\"{\"", "1,{\"a\":1}",
                           "{\"b\":{\"a\":1}},{\"a\":1}", "[],{\"a\":1}"})
    EXPECT_EQ(members_of(text).find("a"), nullptr) << text;
}

TEST(JsonMembers, are_those_of_an_array_s_second_element) {
  for (const auto* text : {R"({"x":1,"y":{"a":1}})", R"([{"a":1}])", R"([[0,{"a":1}]])", "[]"}) {
    JsonMembers members;
    EXPECT_TRUE(scan_json(text, {}, &members));
    EXPECT_EQ(members.find("a"), nullptr) << text;
  }
}

TEST(JsonMembers, takes_the_last_of_duplicates_and_names_with_escapes) {
  const auto members = members_of(R"({"a":1,"\u0061":2,"b\n":3,"a\u0000":4})");
  EXPECT_EQ(text_of(members, "a"), "2");
  EXPECT_EQ(text_of(members, "b\n"), "3");
}

TEST(JsonMembers, keeps_more_than_a_few) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"m" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  text += "\"end\":[]}";
  const auto members = members_of(text);
  EXPECT_EQ(text_of(members, "m0"), "0");
  EXPECT_EQ(text_of(members, "m99"), "99");
  EXPECT_EQ(text_of(members, "end"), "[]");
}

TEST(JsonMembers, has_none_of_an_object_with_too_many) {
  std::string text = R"({"a":1)";
  for (std::size_t i = 1; i < JsonMembers::most; ++i) text += R"(,"m":0)";
  EXPECT_EQ(text_of(members_of(text + "}"), "a"), "1");
  EXPECT_EQ(members_of(text + R"(,"a":2})").find("a"), nullptr);
}

}  // namespace parley::socketio
