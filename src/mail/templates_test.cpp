#include "mail/templates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/testing.hpp"

namespace parley::mail {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

const Address anna{"Anna", "anna@example.com"};

MailSettings settings() {
  MailSettings made;
  made.from = {"Chatter", "no-reply@chat.example"};
  made.public_url = "https://chat.example";
  return made;
}

NoticeFacts facts() {
  NoticeFacts made;
  made.to = anna;
  made.sender = "Bob";
  made.snippet = "see you at eight";
  made.unsubscribe_token = "tok.en";
  return made;
}

/// Every letter can be sent.
void expect_composes(const Letter& letter) {
  const auto bytes = compose(letter, Time{}, "1@b");
  ASSERT_TRUE(bytes) << bytes.error().detail;
  const auto mail = testing::read_mail(*bytes);
  EXPECT_EQ(mail.text, letter.text);
  EXPECT_EQ(mail.html, letter.html);
}

TEST(NoticeLetter, names_the_sender_and_shows_the_message) {
  const Letter letter = notice_letter(settings(), facts());
  EXPECT_EQ(letter.subject, "New message from Bob");
  EXPECT_EQ(letter.from, settings().from);
  EXPECT_EQ(letter.to, anna);
  EXPECT_THAT(letter.text, HasSubstr("Bob wrote to you"));
  EXPECT_THAT(letter.text, HasSubstr("\n> see you at eight\n"));
  EXPECT_THAT(letter.text, HasSubstr("Open Chatter: https://chat.example/\n"));
  EXPECT_THAT(letter.html, HasSubstr(">see you at eight</blockquote>"));
  EXPECT_THAT(letter.html, HasSubstr("href=\"https://chat.example/\""));
  expect_composes(letter);
}

TEST(NoticeLetter, counts_what_is_unread) {
  NoticeFacts many = facts();
  many.unread = 3;
  const Letter letter = notice_letter(settings(), many);
  EXPECT_EQ(letter.subject, "3 unread messages from Bob");
  EXPECT_THAT(letter.text, HasSubstr("You have 3 unread messages from Bob."));
  EXPECT_THAT(letter.html, HasSubstr("You have 3 unread messages from Bob."));
}

TEST(NoticeLetter, opens_the_app_wherever_that_is) {
  EXPECT_THAT(notice_letter(settings(), facts()).text, HasSubstr(": https://chat.example/\n"));
  MailSettings apart = settings();
  apart.app_url = "https://app.example/chat";
  const Letter letter = notice_letter(apart, facts());
  EXPECT_THAT(letter.text, HasSubstr(": https://app.example/chat/\n"));
  EXPECT_THAT(letter.html, HasSubstr("href=\"https://app.example/chat/\""));
  EXPECT_THAT(letter.html, HasSubstr("href=\"https://chat.example/api/email/unsubscribe?"));
}

TEST(NoticeLetter, lets_its_reader_switch_it_off_with_one_click) {
  const std::string url = "https://chat.example/api/email/unsubscribe?token=tok.en";
  const Letter letter = notice_letter(settings(), facts());
  EXPECT_THAT(letter.headers,
              ElementsAre(Pair("List-Unsubscribe", "<" + url + ">"),
                          Pair("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")));
  EXPECT_THAT(letter.text, HasSubstr(url + "\n"));
  EXPECT_THAT(letter.html, HasSubstr("href=\"" + url + "\""));
}

TEST(NoticeLetter, shows_strangers_words_as_words) {
  NoticeFacts hostile = facts();
  hostile.sender = "<script>alert(1)</script>\r\nBcc: x@y";
  hostile.snippet = "</blockquote><img src=x onerror='a()'>\r\n\r\n\"&\x1B[2J\xE2\x80\xAE";
  hostile.to.name = "A\r\nB";
  hostile.unsubscribe_token = "\"><script>";
  const Letter letter = notice_letter(settings(), hostile);
  EXPECT_EQ(letter.subject, "New message from <script>alert(1)</script> Bcc: x@y");
  EXPECT_EQ(letter.to.name, "A B");
  EXPECT_THAT(letter.html, Not(HasSubstr("<script")));
  EXPECT_THAT(letter.html, Not(HasSubstr("<img")));
  EXPECT_THAT(letter.html, HasSubstr("&lt;/blockquote&gt;&lt;img src=x onerror=&#39;a()&#39;&gt; "
                                     "&quot;&amp;[2J</blockquote>"));
  EXPECT_THAT(letter.text, HasSubstr("\n> </blockquote><img src=x onerror='a()'> \"&[2J\n"));
  EXPECT_THAT(letter.headers[0].second, HasSubstr("token=%22%3E%3Cscript%3E"));
  expect_composes(letter);
}

TEST(NoticeLetter, cuts_what_is_long_and_does_without_what_is_empty) {
  NoticeFacts made = facts();
  made.snippet = std::string(5000, 'w');
  made.sender = std::string(5000, 'n');
  Letter letter = notice_letter(settings(), made);
  EXPECT_THAT(letter.text, HasSubstr("> " + std::string(max_snippet - 1, 'w') + "…\n"));
  EXPECT_LT(letter.subject.size(), 100U);
  made.snippet = "\r\n\x01";
  made.sender = "";
  letter = notice_letter(settings(), made);
  EXPECT_EQ(letter.subject, "New message from somebody");
  EXPECT_THAT(letter.html, Not(HasSubstr("<blockquote")));
  EXPECT_THAT(letter.text, Not(HasSubstr("\n> ")));
}

TEST(NoticeLetter, is_called_parley_when_nobody_named_it) {
  MailSettings plain = settings();
  plain.from.name = "";
  EXPECT_THAT(notice_letter(plain, facts()).text, HasSubstr("Open Parley: "));
}

TEST(ResetLetter, has_the_link_and_says_how_long_it_is_good) {
  MailSettings made = settings();
  made.reset_ttl = 30min;
  const Letter letter = reset_letter(made, anna, "a+b");
  const std::string url = "https://chat.example/account/reset-password?token=a%2Bb";
  EXPECT_EQ(letter.subject, "Choose a new password for Chatter");
  EXPECT_THAT(letter.text, HasSubstr("Choose a new password: " + url + "\n"));
  EXPECT_THAT(letter.text, HasSubstr("for 30 minutes."));
  EXPECT_THAT(letter.html, HasSubstr("href=\"" + url + "\""));
  EXPECT_THAT(letter.html, HasSubstr(">" + url + "</a>"));
  EXPECT_TRUE(letter.headers.empty());
  expect_composes(letter);
}

TEST(VerificationLetter, has_the_link) {
  const Letter letter = verification_letter(settings(), anna, "t");
  EXPECT_THAT(letter.text, HasSubstr("https://chat.example/account/verify-email?token=t\n"));
  EXPECT_THAT(letter.html, HasSubstr("href=\"https://chat.example/account/verify-email?token=t\""));
  EXPECT_THAT(letter.text, HasSubstr("for 1 day."));
  expect_composes(letter);
}

TEST(AdministratorsLetter, keeps_lines_and_paragraphs_and_escapes_them) {
  const Letter letter =
      administrators_letter(settings(), anna, "Dear all,\r\n\r\n\r\n<b>1</b>\nline\n\n");
  EXPECT_EQ(letter.subject, "A message from Chatter");
  EXPECT_TRUE(letter.text.starts_with("Dear all,\n\n")) << letter.text;
  EXPECT_THAT(letter.text, HasSubstr("<b>1</b>\nline\n\n"));
  EXPECT_THAT(letter.html, HasSubstr(">Dear all,</p>"));
  EXPECT_THAT(letter.html, HasSubstr("&lt;b&gt;1&lt;/b&gt;<br>\nline"));
  expect_composes(letter);
}

TEST(Page, says_that_it_knows_light_and_dark) {
  const std::string html = notice_letter(settings(), facts()).html;
  EXPECT_THAT(html, HasSubstr("<meta name=\"color-scheme\" content=\"light dark\">"));
  EXPECT_THAT(html, HasSubstr("@media (prefers-color-scheme:dark)"));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("<link")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace parley::mail
