#include "mail/letter.hpp"

#include <gtest/gtest.h>

#include "mail/testing.hpp"

namespace parley::mail {
namespace {

using testing::read_mail;

const Time now = *from_iso8601("2026-11-23T18:00:00.000Z");

Letter letter() {
  Letter made;
  made.from = {"Parley", "no-reply@example.org"};
  made.to = {"Anna", "anna@example.com"};
  made.subject = "Hello";
  made.text = "text\n";
  made.html = "<p>html</p>\n";
  return made;
}

std::string composed(const Letter& made) {
  auto bytes = compose(made, now, "1234@example.org");
  EXPECT_TRUE(bytes) << (bytes ? "" : bytes.error().detail);
  return bytes ? *bytes : std::string{};
}

Errc refusal(const Letter& made, std::string_view id = "1@b") {
  const auto bytes = compose(made, now, id);
  return bytes ? Errc::internal : bytes.error().code;
}

/// Each line of the head and of the body.
std::vector<std::string> lines_of(const std::string& bytes) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const auto end = bytes.find("\r\n", begin);
    if (end == std::string::npos) break;
    lines.push_back(bytes.substr(begin, end - begin));
    begin = end + 2;
  }
  return lines;
}

TEST(Compose, writes_what_a_reader_reads_back) {
  Letter made = letter();
  made.from.name = "Pärley, Inc.";
  made.to.name = "Zoë \"Z\" O'Hara";
  made.subject =
      "3 unread messages from Жанна 🙂 and a subject that is so long that it must be folded";
  made.text = "Grüße,\n.\n..dots\nFrom here = there\n\ttab and trailing blank \n";
  made.html = "<!doctype html><p title=\"x\">Ünïcode 🙂</p>";
  const auto mail = read_mail(composed(made));
  EXPECT_EQ(mail.headers.at("subject"), made.subject);
  EXPECT_EQ(mail.from, made.from);
  EXPECT_EQ(mail.to, made.to);
  EXPECT_EQ(mail.text, made.text);
  EXPECT_EQ(mail.html, made.html);
}

TEST(Compose, shows_encoded_words_as_they_were_given) {
  Letter made = letter();
  made.subject = "=?utf-8?q?B=00=0d=0aBcc:x?= wrote, and Жанна 🙂, and =?utf-8?q?more?=";
  made.subject += std::string(100, 'x');
  made.from.name = "=?utf-8?q?Boss?=";
  made.to.name = "Zoë \"=?utf-8?b?Qm9zcw==?=\" O'Hara";
  const auto bytes = composed(made);
  const auto mail = read_mail(bytes);
  EXPECT_EQ(mail.headers.at("subject"), made.subject);
  EXPECT_EQ(mail.from, made.from);
  EXPECT_EQ(mail.to, made.to);
  EXPECT_EQ(bytes.find("Bcc"), std::string::npos);
  for (const std::string& line : lines_of(bytes)) EXPECT_LE(line.size(), 78u) << line;
}

TEST(Compose, says_when_what_and_that_no_person_wrote) {
  const auto mail = read_mail(composed(letter()));
  EXPECT_EQ(mail.headers.at("date"), "Mon, 23 Nov 2026 18:00:00 +0000");
  EXPECT_EQ(mail.headers.at("message-id"), "<1234@example.org>");
  EXPECT_EQ(mail.headers.at("auto-submitted"), "auto-generated");
  EXPECT_EQ(mail.headers.at("mime-version"), "1.0");
  EXPECT_NE(composed(letter()).find("\r\nContent-Type: multipart/alternative; boundary="),
            std::string::npos);
}

TEST(Compose, writes_lines_that_smtp_carries) {
  Letter made = letter();
  made.text = std::string(5000, 'x') + "\r\nü\rlast\n";
  made.html = std::string(3000, '<');
  const std::string bytes = composed(made);
  ASSERT_TRUE(bytes.ends_with("\r\n"));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    ASSERT_LT(static_cast<unsigned char>(bytes[i]), 0x80) << i;
    const bool before = i > 0 && bytes[i - 1] == '\r';
    ASSERT_EQ(bytes[i] == '\n', before) << i;
  }
  for (const std::string& line : lines_of(bytes)) EXPECT_LE(line.size(), 78U) << line;
  EXPECT_EQ(read_mail(bytes).text, std::string(5000, 'x') + "\nü\nlast\n");
}

TEST(Compose, keeps_a_long_link_of_a_header_in_one_piece) {
  Letter made = letter();
  const std::string link = "<https://chat.example/u?token=" + std::string(600, 't') + ">";
  made.headers = {{"List-Unsubscribe", link},
                  {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}};
  const std::string bytes = composed(made);
  EXPECT_NE(bytes.find("List-Unsubscribe: " + link + "\r\n"), std::string::npos);
  EXPECT_NE(bytes.find("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), std::string::npos);
}

TEST(Compose, lets_nobody_add_headers) {
  const std::string evil = "x\r\nBcc: everybody@example.org";
  for (const std::string& bad :
       {evil, std::string{"x\ny"}, std::string{"x\ry"}, std::string{"x\0y", 3},
        std::string{"x\xE2\x80\xA8y"}, std::string{"x\xFFy"}}) {
    Letter subject = letter(), from = letter(), to = letter(), value = letter(), name = letter();
    subject.subject = bad;
    from.from.name = bad;
    to.to.name = bad;
    value.headers = {{"X-One", bad}};
    name.headers = {{bad, "one"}};
    for (const Letter* one : {&subject, &from, &to, &value, &name})
      EXPECT_EQ(refusal(*one), Errc::bad_request);
    Letter to_email = letter(), from_email = letter();
    to_email.to.email = bad + "@b";
    from_email.from.email = bad + "@b";
    EXPECT_EQ(refusal(to_email), Errc::bad_request);
    EXPECT_EQ(refusal(from_email), Errc::bad_request);
    EXPECT_EQ(refusal(letter(), bad + "@b"), Errc::bad_request);
  }
}

TEST(Compose, refuses_odd_headers_and_bodies) {
  Letter made = letter();
  for (const char* name : {"", "A B", "A:"}) {
    made.headers = {{name, "x"}};
    EXPECT_EQ(refusal(made), Errc::bad_request) << name;
  }
  made.headers = {{"X", std::string(1000, 'x')}};
  EXPECT_EQ(refusal(made), Errc::bad_request);
  made = letter();
  made.text = "\xFF";
  EXPECT_EQ(refusal(made), Errc::bad_request);
  made = letter();
  made.html = "\xC3";
  EXPECT_EQ(refusal(made), Errc::bad_request);
}

TEST(Compose, writes_names_as_text_even_when_they_look_like_syntax) {
  Letter made = letter();
  made.to.name = "a@b, <evil@example.org>; (x) \\";
  const auto mail = read_mail(composed(made));
  EXPECT_EQ(mail.to, made.to);
  EXPECT_EQ(mail.headers.count("bcc"), 0U);
}

}  // namespace
}  // namespace parley::mail
