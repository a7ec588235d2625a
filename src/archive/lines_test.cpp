#include "archive/lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/testing.hpp"
#include "base/hex.hpp"

namespace parley::archive {
namespace {

using ::testing::HasSubstr;

chat::Conversation talk() {
  return {id_of<chat::ConversationId>(3), {id_of<chat::UserId>(1), id_of<chat::UserId>(2)}, at(0)};
}

template <class One>
One decoded(const std::string& line) {
  const chat::Conversation within = talk();
  const auto read = decode(line, &within);
  if (!read) throw std::runtime_error(read.error().detail);
  return std::get<One>(*read);
}

std::string problem(const std::string& line, const chat::Conversation* within = nullptr) {
  const auto read = decode(line, within);
  return read ? "none" : read.error().detail;
}

chat::Message full_message() {
  chat::Message message;
  message.id = id_of<chat::MessageId>(9);
  message.conversation_id = talk().id;
  message.sender = talk().participants[1];
  message.receiver = talk().participants[0];
  message.content = "hé\n\"x\"";
  message.seq = 17;
  message.version = UINT64_MAX;
  message.client_id = "c";
  message.created_at = at(1);
  message.delivered_at = at(2);
  message.read_at = at(3);
  return message;
}

TEST(Lines, are_written_as_the_document_says) {
  EXPECT_EQ(encode(Header{ObjectId{1}, "embedded", at(0)}),
            R"({"parley":"archive","format":1,"id":"010000000000000000000000","store":"embedded",)"
            R"("time":1764000000000})");
  EXPECT_EQ(encode(full_message()),
            R"({"message":"000000000000000000000009","seq":17,"version":"18446744073709551615",)"
            R"("from":"000000000000000000000002","clientId":"c","content":"hé\n\"x\"",)"
            R"("createdAt":1764000000001,"deliveredAt":1764000000002,"readAt":1764000000003})");
  EXPECT_EQ(encode(End{talk().id, 4, Digest{0xab}}),
            R"({"end":"000000000000000000000003","messages":4,"sha256":"ab)" +
                std::string(62, '0') + "\"}");
}

TEST(Lines, read_back_as_what_was_written) {
  const Header header{ObjectId{1, 2}, "mongodb", at(5)};
  EXPECT_EQ(decoded<Header>(encode(header)), header);
  Invention invention(1);
  for (std::uint32_t i = 0; i < 50; ++i) {
    const auto account = invention.account(i);
    EXPECT_EQ(decoded<chat::Account>(encode(account)), account);
    const auto login = invention.login(i);
    EXPECT_EQ(decoded<chat::ArchivedLogin>(encode(login)), login);
  }
  EXPECT_EQ(decoded<chat::Message>(encode(full_message())), full_message());
  const End end{talk().id, 4, Digest{1, 2, 3}};
  EXPECT_EQ(decoded<End>(encode(end)), end);
  const Trailer trailer{{1, 2, 3, 4}, 1ULL << 63, Digest{9}};
  EXPECT_EQ(decoded<Trailer>(encode(trailer)), trailer);
}

TEST(Lines, keep_receipts_of_those_who_have_received) {
  chat::ArchivedConversation talked{talk(), {}};
  talked.receipts = {{talk().participants[0], {}, {}},
                     {talk().participants[1], {5, 50, at(5)}, {4, 40, at(4)}}};
  EXPECT_EQ(decoded<chat::ArchivedConversation>(encode(talked)), talked);
  talked.receipts[1].read = {};
  EXPECT_EQ(decoded<chat::ArchivedConversation>(encode(talked)), talked);
}

TEST(Lines, keep_any_bytes) {
  chat::Message message = full_message();
  message.content = std::string("\xff\x00\x80 x", 5);
  message.client_id = std::string("\0", 1);
  EXPECT_THAT(encode(message), HasSubstr(R"("content:hex":"ff00802078")"));
  EXPECT_EQ(decoded<chat::Message>(encode(message)), message);
}

TEST(Lines, are_refused_when_they_are_not_ours) {
  EXPECT_THAT(problem(""), HasSubstr("JSON"));
  EXPECT_THAT(problem("{"), HasSubstr("JSON"));
  EXPECT_EQ(problem("[]"), "not a line of an archive");
  EXPECT_EQ(problem("{}"), "not a line of an archive");
  EXPECT_EQ(problem(R"({"x":1})"), "not a line of an archive");
  EXPECT_EQ(problem(encode(full_message())), "a message of no conversation");
  EXPECT_THAT(problem(R"({"account":"1"})"), HasSubstr("account is missing or of a wrong form"));
  EXPECT_THAT(problem(R"({"parley":"archive","format":2})"), HasSubstr("use a newer parley"));
  EXPECT_THAT(problem(std::string(100, '[')), HasSubstr("JSON"));
}

TEST(Lines, are_refused_when_they_say_more_or_say_it_otherwise) {
  const std::string line = encode(Header{ObjectId{1}, "embedded", at(0)});
  EXPECT_EQ(problem(line), "none");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = line;
    return problem(other.replace(other.find(from), from.size(), to));
  };
  const std::string words = "not written as this format writes it";
  EXPECT_EQ(changed(":1,", ": 1,"), words);
  EXPECT_EQ(changed(":1,", ":1.0,"), "format is missing or of a wrong form");
  EXPECT_EQ(changed("}", ",\"extra\":1}"), words);
  EXPECT_EQ(changed("embedded", "\\u0065mbedded"), words);
  EXPECT_NE(changed("\"store\":", "\"id\":\"x\",\"store\":"), "none");
}

TEST(Lines, are_refused_when_a_version_is_no_number) {
  const std::string line = encode(Trailer{{}, 7, {}});
  for (const char* version :
       {"", "-1", "18446744073709551616", "99999999999999999999", "0x7", "07"}) {
    std::string other = line;
    other.replace(other.find("\"7\""), 3, '"' + std::string(version) + '"');
    EXPECT_NE(problem(other), "none") << version;
  }
}

TEST(Lines, are_refused_when_bytes_are_no_hex_digits) {
  chat::Message message = full_message();
  message.content = "\xff";
  const std::string line = encode(message);
  const chat::Conversation within = talk();
  for (const char* digits : {"fg", "f", "FF", "-1"}) {
    std::string other = line;
    other.replace(other.find("\"ff\""), 4, '"' + std::string(digits) + '"');
    EXPECT_EQ(problem(other, &within), "content is missing or of a wrong form") << digits;
  }
}

TEST(Chain, depends_on_every_line_and_their_order) {
  Chain one, other, split;
  one.add("a");
  one.add("b");
  other.add("b");
  other.add("a");
  split.add("ab");
  EXPECT_NE(one.digest(), other.digest());
  EXPECT_NE(one.digest(), split.digest());
  Chain first;
  first.add("a");
  Chain continued(first.digest());
  continued.add("b");
  EXPECT_EQ(continued.digest(), one.digest());
}

TEST(Chain, is_sha_256_of_the_state_and_the_line) {
  Chain chain;
  chain.add("");
  // printf '\0%.0s' {1..32} | sha256sum
  EXPECT_EQ(to_hex(chain.digest()),
            "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
  EXPECT_EQ(digest_from_hex(to_hex(chain.digest())), chain.digest());
  EXPECT_FALSE(digest_from_hex("66"));
  EXPECT_FALSE(digest_from_hex(std::string(64, 'G')));
}

}  // namespace
}  // namespace parley::archive
