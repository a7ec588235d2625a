#include "api/test_rest.hpp"

namespace parley::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using MailRoutes = RestTest;

constexpr const char* letter = R"({"email":" Bob@Example.org ","content":"hello"})";

std::string letter_with(const std::string& content) {
  return R"({"email":"bob@example.org","content":")" + content + "\"}";
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST_F(MailRoutes, queues_a_letter_of_an_administrator) {
  bearer_ = alice_.access_token;
  promote();
  const std::string answer = post("/api/email/send", letter);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(body_of_answer(answer), R"({"success":true,"message":"Email queued successfully!"})");
  EXPECT_THAT(house_.mail.asked, ElementsAre("letter Bob@Example.org: hello"));
}

TEST_F(MailRoutes, queues_nothing_of_anybody_else) {
  EXPECT_THAT(post("/api/email/send", letter), StartsWith("HTTP/1.1 401"));
  bearer_ = alice_.access_token;
  EXPECT_THAT(post("/api/email/send", letter), StartsWith("HTTP/1.1 403"));
  promote();
  promote(false);
  EXPECT_THAT(post("/api/email/send", letter), StartsWith("HTTP/1.1 403"))
      << "the token is that of a time as an administrator";
  EXPECT_THAT(house_.mail.asked, IsEmpty());
}

TEST_F(MailRoutes, refuses_letters_without_an_address_or_content) {
  bearer_ = alice_.access_token;
  promote();
  for (const std::string& bad :
       {std::string{R"({"email":"bob@example.org"})"}, std::string{R"({"content":"x"})"},
        std::string{R"({"email":["bob@example.org"],"content":"x"})"},
        std::string{R"({"email":"b@x.org\r\nBcc: c@x.org","content":"x"})"},
        std::string{R"({"email":"b@x.org,c@x.org","content":"x"})"}, letter_with(""),
        letter_with(repeated("x", 10'001))}) {
    const std::string answer = post("/api/email/send", bad);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << bad.substr(0, 80);
    EXPECT_THAT(answer, HasSubstr("\"errors\":[{\"field\":")) << bad.substr(0, 80);
  }
  EXPECT_THAT(house_.mail.asked, IsEmpty());
}

TEST_F(MailRoutes, counts_content_in_characters) {
  bearer_ = alice_.access_token;
  promote();
  EXPECT_THAT(post("/api/email/send", letter_with(repeated("é", 10'000))),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(post("/api/email/send", letter_with(repeated("é", 10'001))),
              StartsWith("HTTP/1.1 400"));
}

TEST_F(MailRoutes, says_when_the_queue_cannot_take_a_letter_and_not_why) {
  bearer_ = alice_.access_token;
  promote();
  house_.mail.trouble = Errc::overloaded;
  const std::string full = post("/api/email/send", letter);
  EXPECT_THAT(full, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(full, HasSubstr("Retry-After: 1"));
  EXPECT_THAT(full, Not(HasSubstr("10.0.0.1")));
  house_.mail.trouble = Errc::timeout;
  EXPECT_THAT(post("/api/email/send", letter), StartsWith("HTTP/1.1 504"));
}

}  // namespace
}  // namespace parley::api
