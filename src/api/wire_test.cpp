#include "api/wire.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace parley::api {

namespace {

template <class Id>
Id id(char digit) {
  return *Id::parse(std::string(24, digit));
}

chat::Message message() {
  chat::Message message;
  message.id = id<chat::MessageId>('a');
  message.conversation_id = id<chat::ConversationId>('c');
  message.sender = id<chat::UserId>('1');
  message.receiver = id<chat::UserId>('2');
  message.content = "say \"hi\"\n";
  message.seq = 7;
  message.client_id = "m-1";
  message.created_at = from_unix_ms(1769860800000);
  return message;
}

std::string written(const chat::Message& message, wire::Viewer viewer) {
  std::string out;
  wire::append_message(out, message, viewer);
  return out;
}

}  // namespace

TEST(Wire, writes_a_message_with_the_contracts_fields) {
  const auto object = json::parse(written(message(), wire::Viewer::sender))->as_object();
  EXPECT_EQ(object.at("_id").as_string(), std::string(24, 'a'));
  EXPECT_EQ(object.at("conversationId").as_string(), std::string(24, 'c'));
  EXPECT_EQ(object.at("content").as_string(), "say \"hi\"\n");
  EXPECT_EQ(object.at("seq").as_int64(), 7);
  EXPECT_EQ(object.at("status").as_string(), "sent");
  EXPECT_EQ(object.at("createdAt").as_string(), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(object.at("updatedAt").as_string(), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(object.at("clientId").as_string(), "m-1");
  EXPECT_FALSE(object.contains("deliveredAt"));
}

TEST(Wire, keeps_the_client_id_from_others) {
  EXPECT_EQ(written(message(), wire::Viewer::other).find("m-1"), std::string::npos);
}

TEST(Wire, shows_the_status_with_its_times) {
  chat::Message read = message();
  read.delivered_at = from_unix_ms(1769860801000);
  read.read_at = from_unix_ms(1769860802000);
  const auto object = json::parse(written(read, wire::Viewer::other))->as_object();
  EXPECT_EQ(object.at("status").as_string(), "read");
  EXPECT_EQ(object.at("deliveredAt").as_string(), "2026-01-31T12:00:01.000Z");
  EXPECT_EQ(object.at("updatedAt").as_string(), object.at("readAt").as_string());
}

TEST(Wire, never_writes_the_password_hash) {
  chat::Account account;
  account.id = id<chat::UserId>('1');
  account.username = "ann";
  account.email = "ann@example.org";
  account.password_hash = "$2b$10$secret";
  std::string own, seen_by_others;
  wire::append_own_user(own, account);
  wire::append_public_user(seen_by_others, account);
  EXPECT_EQ((own + seen_by_others).find("secret"), std::string::npos);
  EXPECT_EQ(seen_by_others.find("example.org"), std::string::npos);
  EXPECT_NE(own.find("example.org"), std::string::npos);
}

TEST(Wire, leaves_out_a_name_and_an_avatar_that_were_taken_away) {
  chat::Account account;
  account.name = account.avatar = "";
  std::string written;
  wire::append_own_user(written, account);
  EXPECT_EQ(written.find("\"name\""), std::string::npos) << written;
  EXPECT_EQ(written.find("\"avatar\""), std::string::npos) << written;
}

TEST(Wire, writes_errors_with_code_and_fields) {
  const auto body = json::parse(wire::error_body(invalid({{"email", "is required"}})))->as_object();
  EXPECT_EQ(body.at("success").as_bool(), false);
  EXPECT_EQ(body.at("code").as_string(), "bad_request");
  EXPECT_EQ(body.at("errors").as_array().at(0).as_object().at("field").as_string(), "email");
  EXPECT_EQ(wire::error_object(fail(Errc::not_found)),
            R"({"message":"Not found","code":"not_found"})");
}

TEST(Wire, writes_every_event_as_an_array_of_one_object) {
  const wire::MessageText text{message()};
  std::vector<std::string> arguments(5);
  text.append(arguments[0], wire::Viewer::other);
  wire::append_conversation_updated(arguments[1], text, wire::Viewer::sender, 3);
  wire::append_message_sent(arguments[2], message());
  wire::append_message_delivered(arguments[3], {});
  wire::append_message_read(arguments[4], {});
  std::vector<std::string> payloads{wire::typing(id<chat::UserId>('1')),
                                    wire::user_online(id<chat::UserId>('1')),
                                    wire::user_offline(id<chat::UserId>('1'), from_unix_ms(5))};
  for (const std::string& argument : arguments) payloads.push_back('[' + argument + ']');
  for (const std::string& payload : payloads) {
    const auto parsed = json::parse(payload);
    ASSERT_TRUE(parsed) << payload;
    ASSERT_EQ(parsed->as_array().size(), 1u);
    EXPECT_TRUE(parsed->as_array()[0].is_object());
  }
}

TEST(Wire, writes_one_message_after_the_other) {
  wire::MessageText text{message()};
  chat::Message next = message();
  next.content = "hi";
  next.client_id.reset();
  text.write(next);
  std::string again;
  text.append(again, wire::Viewer::sender);
  EXPECT_EQ(again, written(next, wire::Viewer::sender));
}

}  // namespace parley::api
