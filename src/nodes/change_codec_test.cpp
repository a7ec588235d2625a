#include "nodes/change_codec.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/object_id.hpp"

namespace parley::nodes {
namespace {

class ChangeCodecTest : public ::testing::Test {
 protected:
  template <class AnyId>
  AnyId id() {
    return AnyId{ids_.next(from_unix_ms(1'760'000'000'000))};
  }
  chat::MessageAppended message() {
    chat::MessageAppended change;
    chat::Message& message = change.message;
    message.id = id<chat::MessageId>();
    message.conversation_id = id<chat::ConversationId>();
    message.sender = id<chat::UserId>();
    message.receiver = id<chat::UserId>();
    message.content = "a \"quoted\" line\nand ünïcode \U0001F600";
    message.seq = 7;
    message.version = ~chat::Version{0} - 1;
    message.created_at = from_unix_ms(1'760'000'000'123);
    change.unread = {{message.receiver, 3}, {message.sender, 0}};
    return change;
  }
  chat::MessageDelivered delivered() {
    chat::MessageDelivered change;
    change.conversation_id = id<chat::ConversationId>();
    change.message_id = id<chat::MessageId>();
    change.seq = 8;
    change.sender = id<chat::UserId>();
    change.receiver = id<chat::UserId>();
    change.at = from_unix_ms(5);
    change.version = 9;
    return change;
  }
  chat::MessagesRead read() {
    chat::MessagesRead change;
    change.conversation_id = id<chat::ConversationId>();
    change.message_id = id<chat::MessageId>();
    change.seq = 10;
    change.reader = id<chat::UserId>();
    change.participants = {change.reader, id<chat::UserId>()};
    change.unread_count = 11;
    change.at = from_unix_ms(-5);
    change.version = 12;
    return change;
  }
  static std::string notice(const std::vector<std::string>& changes) {
    std::vector<const std::string*> pointers;
    for (const std::string& one : changes) pointers.push_back(&one);
    return encode_changes("n1", pointers);
  }
  /// The one change of a notice, there and back.
  template <class Kind>
  Kind back(const Kind& change) {
    const auto got = decode(notice({encode(change)}));
    if (!got) throw std::runtime_error(got.error().detail);
    EXPECT_EQ(got->node, "n1");
    return std::get<Kind>(std::get<std::vector<chat::Change>>(got->what).at(0));
  }

 private:
  ObjectIdSource ids_;
};

TEST_F(ChangeCodecTest, keeps_a_message_whole) {
  chat::MessageAppended change = message();
  EXPECT_EQ(back(change).message, change.message);
  EXPECT_EQ(back(change).unread, change.unread);
  change.message.client_id = "c-1";
  change.message.delivered_at = from_unix_ms(1'760'000'000'200);
  change.message.read_at = from_unix_ms(1'760'000'000'300);
  EXPECT_EQ(back(change).message, change.message);
}

TEST_F(ChangeCodecTest, keeps_receipts_whole) {
  const chat::MessageDelivered one = delivered();
  const chat::MessageDelivered got = back(one);
  EXPECT_EQ(got.conversation_id, one.conversation_id);
  EXPECT_EQ(got.message_id, one.message_id);
  EXPECT_EQ(got.seq, one.seq);
  EXPECT_EQ(got.sender, one.sender);
  EXPECT_EQ(got.receiver, one.receiver);
  EXPECT_EQ(got.at, one.at);
  EXPECT_EQ(got.version, one.version);

  const chat::MessagesRead other = read();
  const chat::MessagesRead heard = back(other);
  EXPECT_EQ(heard.conversation_id, other.conversation_id);
  EXPECT_EQ(heard.message_id, other.message_id);
  EXPECT_EQ(heard.seq, other.seq);
  EXPECT_EQ(heard.reader, other.reader);
  EXPECT_EQ(heard.participants, other.participants);
  EXPECT_EQ(heard.unread_count, other.unread_count);
  EXPECT_EQ(heard.at, other.at);
  EXPECT_EQ(heard.version, other.version);
}

TEST_F(ChangeCodecTest, keeps_several_in_order) {
  const auto got = decode(notice({encode(message()), encode(read()), encode(delivered())}));
  const auto& changes = std::get<std::vector<chat::Change>>(got->what);
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<chat::MessageAppended>(changes[0]));
  EXPECT_TRUE(std::holds_alternative<chat::MessagesRead>(changes[1]));
  EXPECT_TRUE(std::holds_alternative<chat::MessageDelivered>(changes[2]));
}

TEST_F(ChangeCodecTest, says_whose_logins_end) {
  const CloseLogins all{id<chat::UserId>(), std::nullopt};
  const CloseLogins one{id<chat::UserId>(), id<chat::FamilyId>()};
  EXPECT_EQ(std::get<CloseLogins>(decode(encode_close("n", all))->what), all);
  EXPECT_EQ(std::get<CloseLogins>(decode(encode_close("n", one))->what), one);
}

TEST_F(ChangeCodecTest, knows_its_own_without_reading) {
  EXPECT_TRUE(is_own(notice({encode(message())}), "n1"));
  EXPECT_FALSE(is_own(notice({encode(message())}), "n"));
  EXPECT_FALSE(is_own(notice({encode(message())}), "n12"));
  EXPECT_FALSE(is_own("", "n1"));
}

TEST_F(ChangeCodecTest, leaves_out_what_is_newer) {
  const auto got = decode(R"({"v":1,"node":"n","later":true,"changes":[{"kind":"reaction"}]})");
  ASSERT_TRUE(got);
  EXPECT_TRUE(std::get<std::vector<chat::Change>>(got->what).empty());
  EXPECT_TRUE(decode(R"({"v":1,"node":"n"})"));
  EXPECT_EQ(decode(R"({"v":2,"node":"n"})").error().code, Errc::not_supported);
}

TEST_F(ChangeCodecTest, refuses_what_no_node_writes) {
  for (const std::string text :
       {"", "{", "[]", "null", R"({"node":"n"})", R"({"v":"1","node":"n"})", R"({"v":1})",
        R"({"v":-1,"node":"n"})", R"({"v":1,"node":"n","changes":{}})",
        R"({"v":1,"node":"n","changes":[1]})", R"({"v":1,"node":"n","changes":[{}]})",
        R"({"v":1,"node":"n","close":1})", R"({"v":1,"node":"n","close":{}})",
        R"({"v":1,"node":"n","close":{"user":"x"}})",
        R"({"v":1,"node":"n","changes":[[[[[[[[[[]]]]]]]]]]})"}) {
    EXPECT_EQ(decode(text).error().code, Errc::corrupt) << text;
  }
}

TEST_F(ChangeCodecTest, refuses_a_change_that_lacks_or_twists_any_member) {
  for (const std::string& whole : {encode(message()), encode(delivered()), encode(read())}) {
    ASSERT_TRUE(decode(notice({whole})));
    const json::object object = json::parse(whole)->as_object();
    for (const auto& member : object) {
      json::object without = object, twisted = object;
      without.erase(member.key());
      twisted[member.key()] = json::object{};
      EXPECT_FALSE(decode(notice({json::serialize(without)}))) << member.key();
      EXPECT_FALSE(decode(notice({json::serialize(twisted)}))) << member.key();
    }
  }
}

TEST_F(ChangeCodecTest, survives_every_cut_and_every_changed_byte) {
  const std::string whole = notice({encode(message()), encode(read())});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode(whole.substr(0, size)));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x15);
    (void)decode(changed);
  }
}

}  // namespace
}  // namespace parley::nodes
