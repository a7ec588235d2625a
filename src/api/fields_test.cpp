#include "api/fields.hpp"

#include <gtest/gtest.h>

#include "chat/ids.hpp"

namespace parley::api {

namespace {
json::object object_of(std::string_view text) { return json::parse(text)->as_object(); }
}  // namespace

TEST(Fields, gives_what_is_there_with_the_right_type) {
  const auto object = object_of(R"({"a":"x","n":3,"b":true,"id":"0123456789abcdef01234567"})");
  Fields fields(object);
  EXPECT_EQ(fields.string("a"), "x");
  EXPECT_EQ(fields.optional_count("n"), 3u);
  EXPECT_EQ(fields.optional_bool("b"), true);
  EXPECT_EQ(fields.id<chat::UserId>("id").hex(), "0123456789abcdef01234567");
  EXPECT_EQ(fields.optional_string("absent"), std::nullopt);
  EXPECT_TRUE(fields.check());
}

TEST(Fields, names_every_wrong_field_once) {
  const auto object = object_of(R"({"email":{"$gt":""},"id":"xyz","other":7,"n":-1})");
  Fields fields(object);
  fields.string("email");
  fields.string("password");
  fields.id<chat::UserId>("id");
  fields.id<chat::UserId>("other");
  fields.optional_count("n");
  const auto checked = fields.check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Errc::bad_request);
  const std::vector<FieldError> expected{{"email", "must be a string"},
                                         {"password", "is required"},
                                         {"id", "must be an id of 24 hex digits"},
                                         {"other", "must be a string"},
                                         {"n", "must be a whole number above zero"}};
  EXPECT_EQ(checked.error().fields, expected);
}

TEST(Fields, reads_an_event_as_it_reads_a_body) {
  for (const auto* text :
       {R"({"a":"x\n\u00e9","n":3,"b":true,"id":"0123456789abcdef01234567"})",
        R"({"a":{"$gt":""},"n":-1,"b":"true","id":"xyz"})", R"({"a":7,"n":1.0,"b":null,"id":null})",
        R"({"n":18446744073709551615,"b":0,"id":123456789012345678901234567})", "{}",
        R"({"a":"","n":1e2,"id":"0123456789abcdef0123456\u0037","a":"last"})"}) {
    const json::object object = object_of(text);
    const std::string args = std::string{"[0,"} + text + "]";
    socketio::JsonMembers members;
    ASSERT_TRUE(socketio::scan_json(args, {}, &members));
    Fields body(object), event(members);
    EXPECT_EQ(body.string("a"), event.string("a")) << text;
    EXPECT_EQ(body.optional_count("n"), event.optional_count("n")) << text;
    EXPECT_EQ(body.optional_bool("b"), event.optional_bool("b")) << text;
    EXPECT_EQ(body.id<chat::UserId>("id"), event.id<chat::UserId>("id")) << text;
    const auto wrong = body.check(), also_wrong = event.check();
    ASSERT_EQ(wrong.has_value(), also_wrong.has_value()) << text;
    if (!wrong) {
      EXPECT_EQ(wrong.error().fields, also_wrong.error().fields) << text;
    }
  }
}

TEST(Fields, takes_null_for_absent) {
  const auto object = object_of(R"({"name":null})");
  Fields fields(object);
  EXPECT_EQ(fields.optional_string("name"), std::nullopt);
  EXPECT_TRUE(fields.check());
  EXPECT_EQ(fields.string("name"), "");
  EXPECT_FALSE(fields.check());
}

}  // namespace parley::api
