#include "chat/rules.hpp"

#include <gtest/gtest.h>

#include "chat/ports/account_store.hpp"

namespace parley::chat {

namespace {

const Limits limits;

std::vector<std::string> wrong_fields(const Error& error) {
  EXPECT_EQ(error.code, Errc::bad_request);
  std::vector<std::string> names;
  for (const FieldError& one : error.fields) {
    EXPECT_FALSE(one.message.empty());
    names.push_back(one.field);
  }
  return names;
}
template <class T>
std::vector<std::string> wrong(const Result<T>& result) {
  return result ? std::vector<std::string>{} : wrong_fields(result.error());
}

using Names = std::vector<std::string>;

Names registration(std::string username, std::string email = "a@example.org",
                   std::string password = "secret1") {
  return wrong(
      check(Registration{std::move(username), std::move(email), std::move(password)}, limits));
}

NewMessage draft(std::string content) {
  NewMessage message;
  message.sender.bytes[11] = 1;
  message.receiver.bytes[11] = 2;
  message.content = std::move(content);
  return message;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

const std::string e_acute = "\xC3\xA9";
const std::string emoji = "\xF0\x9F\x98\x80";

}  // namespace

TEST(Rules, accepts_usual_addresses) {
  for (const char* good :
       {"a@b.co", "first.last+tag@mail.example.org", "o'brien@example.ie", "x_y-z@a-b.example",
        "1@2.de", "j\xC3\xBCrgen@m\xC3\xBCller.example", "UPPER@EXAMPLE.ORG"}) {
    EXPECT_TRUE(is_email(good)) << good;
  }
  EXPECT_TRUE(is_email(std::string(64, 'a') + "@example.org"));
}

TEST(Rules, refuses_what_is_no_address) {
  for (const char* bad : {"",          "@",          "a",
                          "a@",        "@b.co",      "a@b",
                          "a@@b.co",   "a@b@c.co",   "a b@c.co",
                          "a@b .co",   "a@b..co",    "a@.co",
                          "a@b.co.",   ".a@b.co",    "a.@b.co",
                          "a..b@c.co", "a@-b.co",    "a@b-.co",
                          "a@b_c.co",  "a\n@b.co",   "a@b.co\r\nBcc: x@y.zz",
                          "a\t@b.co",  "\"a\"@b.co", "a@[127.0.0.1]",
                          "<a@b.co>",  "a,b@c.co",   "a;b@c.co",
                          "a@b.c/o",   "\xFF@b.co",  "a@\xC3.co",
                          "a\x7F@b.co"}) {
    EXPECT_FALSE(is_email(bad)) << bad;
  }
  EXPECT_FALSE(is_email(std::string(65, 'a') + "@example.org"));
  EXPECT_FALSE(is_email("a@" + std::string(64, 'b') + ".co"));
  EXPECT_FALSE(is_email(std::string("a\0@b.co", 7)));
}

TEST(Rules, folds_addresses_for_comparison) {
  EXPECT_EQ(fold_email("  Alice@EXAMPLE.org\n"), "alice@example.org");
  EXPECT_EQ(fold_email("\xC3\x89@x.de"), "\xC3\x89@x.de");
  EXPECT_EQ(fold_username("[AZaz@]"), "[azaz@]");
}

TEST(Rules, trims_ascii_blanks_only) {
  EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(trim("\xC2\xA0x"), "\xC2\xA0x");
}

TEST(Rules, gives_a_registration_back_trimmed) {
  const auto checked = check(Registration{"  alice ", " Alice@Example.org ", " secret1 "}, limits);
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->username, "alice");
  EXPECT_EQ(checked->email, "Alice@Example.org");
  EXPECT_EQ(checked->password, " secret1 ") << "blanks belong to a password";
}

TEST(Rules, counts_a_username_in_code_points) {
  EXPECT_EQ(registration("ab"), Names{"username"});
  EXPECT_EQ(registration("  ab  "), Names{"username"});
  EXPECT_EQ(registration(repeat(e_acute, 2)), Names{"username"});
  EXPECT_EQ(registration("abc"), Names{});
  EXPECT_EQ(registration(repeat(emoji, 32)), Names{});
  EXPECT_EQ(registration(repeat(emoji, 33)), Names{"username"});
}

TEST(Rules, refuses_control_characters_in_a_username) {
  EXPECT_EQ(registration("al\nice"), Names{"username"});
  EXPECT_EQ(registration(std::string("al\0ice", 6)), Names{"username"});
  EXPECT_EQ(registration("al\x7Fice"), Names{"username"});
  EXPECT_EQ(registration("al\xC2\x85ice"), Names{"username"}) << "C1: next line";
  EXPECT_EQ(registration("al\xC2\xA0ice"), Names{});
  EXPECT_EQ(registration("al\xFFice"), Names{"username"}) << "no UTF-8";
}

TEST(Rules, bounds_an_address) {
  const std::string domain = repeat(std::string(60, 'd') + ".", 3) + "example";  // 190 bytes.
  EXPECT_EQ(registration("alice", std::string(63, 'a') + "@" + domain), Names{});
  EXPECT_EQ(registration("alice", std::string(64, 'a') + "@" + domain), Names{"email"});
  EXPECT_EQ(registration("alice", "nonsense"), Names{"email"});
}

TEST(Rules, counts_a_password_in_bytes) {
  EXPECT_EQ(registration("alice", "a@b.co", "12345"), Names{"password"});
  EXPECT_EQ(registration("alice", "a@b.co", repeat(e_acute, 3)), Names{});
  EXPECT_EQ(registration("alice", "a@b.co", std::string(72, 'x')), Names{});
  EXPECT_EQ(registration("alice", "a@b.co", std::string(73, 'x')), Names{"password"});
  EXPECT_EQ(registration("alice", "a@b.co", std::string("abc\0def", 7)), Names{"password"});
}

TEST(Rules, names_every_wrong_field_at_once) {
  EXPECT_EQ(registration("", "", ""), (Names{"username", "email", "password"}));
}

TEST(Rules, bounds_the_content_in_code_points) {
  EXPECT_EQ(wrong(check(draft(""), limits)), Names{"content"});
  EXPECT_EQ(wrong(check(draft("x"), limits)), Names{});
  EXPECT_EQ(wrong(check(draft(emoji), limits)), Names{});
  EXPECT_EQ(wrong(check(draft(std::string(4096, 'x')), limits)), Names{});
  EXPECT_EQ(wrong(check(draft(std::string(4097, 'x')), limits)), Names{"content"});
  EXPECT_EQ(wrong(check(draft(repeat(emoji, 4096)), limits)), Names{});
  EXPECT_EQ(wrong(check(draft(repeat(emoji, 4097)), limits)), Names{"content"});
  EXPECT_EQ(wrong(check(draft("\xC0\xAF"), limits)), Names{"content"});
  EXPECT_EQ(wrong(check(draft("line\nline\t"), limits)), Names{});
}

TEST(Rules, bounds_a_client_id) {
  NewMessage message = draft("x");
  message.client_id = "";
  EXPECT_EQ(wrong(check(message, limits)), Names{"clientId"});
  message.client_id = repeat(e_acute, 64);
  EXPECT_EQ(wrong(check(message, limits)), Names{});
  message.client_id = repeat(e_acute, 65);
  EXPECT_EQ(wrong(check(message, limits)), Names{"clientId"});
  message.client_id = "\xFF";
  EXPECT_EQ(wrong(check(message, limits)), Names{"clientId"});
}

TEST(Rules, refuses_oneself_as_receiver) {
  NewMessage message = draft("x");
  message.receiver = message.sender;
  EXPECT_EQ(wrong(check(message, limits)), Names{"receiverId"});
}

TEST(Rules, checks_a_profile) {
  ProfilePatch patch;
  EXPECT_TRUE(check(patch, limits));
  patch.name = "  Alice Adams ";
  patch.avatar = "https://example.org/a.png?x=1#y";
  EXPECT_EQ(check(patch, limits)->name, "Alice Adams");
  patch.name = "";
  patch.avatar = "";
  EXPECT_EQ(wrong(check(patch, limits)), Names{}) << "empty takes away";
  patch.name = repeat(emoji, 65);
  patch.avatar = "https://example.org/" + std::string(2048, 'a');
  EXPECT_EQ(wrong(check(patch, limits)), (Names{"name", "avatar"}));
  patch.name = "A\nB";
  patch.avatar = "javascript:alert(1)";
  EXPECT_EQ(wrong(check(patch, limits)), (Names{"name", "avatar"}));
}

TEST(Rules, refuses_odd_avatars) {
  for (const char* bad : {"ftp://x/y", "https://a b", "https://x/\"onload=", "https://x/<b>",
                          "https://x/\n", "https://x/\xFF", "//x/y", "data:text/html,x"}) {
    ProfilePatch patch;
    patch.avatar = bad;
    EXPECT_EQ(wrong(check(patch, limits)), Names{"avatar"}) << bad;
  }
}

TEST(Rules, cuts_a_page_to_the_limit) {
  EXPECT_EQ(*page_size(std::nullopt, 20, 100), 20u);
  EXPECT_EQ(*page_size(7, 20, 100), 7u);
  EXPECT_EQ(*page_size(1'000'000, 20, 100), 100u);
  EXPECT_EQ(wrong(page_size(0, 20, 100)), Names{"limit"});
}

TEST(Rules, counts_the_characters_of_a_letter) {
  EXPECT_TRUE(check_letter("x", {}));
  std::string most;
  for (int i = 0; i < 10'000; ++i) most += "é";
  EXPECT_TRUE(check_letter(most, {}));
  EXPECT_FALSE(check_letter(most + "x", {}));
  EXPECT_FALSE(check_letter("", {}));
}

TEST(Message, has_the_status_that_its_times_say) {
  Message message;
  message.created_at = from_unix_ms(1);
  EXPECT_EQ(to_string(message.status()), "sent");
  EXPECT_EQ(message.updated_at(), from_unix_ms(1));
  message.delivered_at = from_unix_ms(2);
  EXPECT_EQ(to_string(message.status()), "delivered");
  EXPECT_EQ(message.updated_at(), from_unix_ms(2));
  message.read_at = from_unix_ms(3);
  EXPECT_EQ(to_string(message.status()), "read");
  EXPECT_EQ(message.updated_at(), from_unix_ms(3));
}

TEST(Rules, keep_the_addresses_of_deleted_accounts_for_them) {
  for (const auto email : {"0123@deleted.invalid", " a@Deleted.INVALID "})
    EXPECT_EQ(check_email(email, {}).error().fields.at(0).message, "is kept for deleted accounts");
  EXPECT_TRUE(check_email("a@deleted.invalid.example.org", {}));
}

}  // namespace parley::chat
