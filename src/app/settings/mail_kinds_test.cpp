#include "settings/mail_kinds.hpp"

#include <gtest/gtest.h>

namespace parley::app {
namespace {

TEST(SmtpUrl, takes_both_schemes_and_refuses_the_rest) {
  for (const char* good : {"smtp://mail.example.org", "smtps://a%40b:p%3Aw@mail.example.org:465",
                           "smtp://127.0.0.1:2525", "smtp://[::1]:25"}) {
    EXPECT_TRUE(SmtpUrl{}.read(good)) << good;
  }
  for (const char* bad : {"mail.example.org", "http://mail.example.org", "smtp://", "smtp://:25",
                          "smtp://host:99999", "smtp://ho st", "smtp://host/\r\nRCPT"}) {
    EXPECT_FALSE(SmtpUrl{}.read(bad)) << bad;
  }
  EXPECT_EQ(SmtpUrl{}.write("smtp://user:secret@host"), "set") << "never shown";
}

TEST(MailSender, is_an_address_with_or_without_a_name) {
  EXPECT_TRUE(MailSender{}.read("no-reply@example.org"));
  EXPECT_TRUE(MailSender{}.read("Parley Team <no-reply@example.org>"));
  for (const char* bad : {"", "nobody", "<a@b.org", "A\r\nBcc: x@y.org <a@b.org>", "A <a b@c.org>"})
    EXPECT_FALSE(MailSender{}.read(bad)) << bad;
}

TEST(OptionalPublicUrl, drops_a_trailing_slash) {
  EXPECT_EQ(OptionalPublicUrl{}.read("https://chat.example.org/"), "https://chat.example.org");
  EXPECT_EQ(OptionalPublicUrl{}.read("http://localhost:8000/chat"), "http://localhost:8000/chat");
  for (const char* bad : {"ftp://example.org", "chat.example.org", "https://", "https://a b"})
    EXPECT_FALSE(OptionalPublicUrl{}.read(bad)) << bad;
}

TEST(QueuePrefix, is_short_and_plain) {
  EXPECT_EQ(QueuePrefix{}.read("{bull}"), "{bull}");
  EXPECT_FALSE(QueuePrefix{}.read(""));
  EXPECT_FALSE(QueuePrefix{}.read("a b"));
  EXPECT_FALSE(QueuePrefix{}.read(std::string(65, 'a')));
}

TEST(SmtpUrl, refuses_what_curl_would_read_otherwise) {
  for (const std::string bad :
       {"", "localhost:25", "smtp://host:0", "smtp://host:", "smtp://host:123456", "smtp://host#x",
        "smtp://host/a b", "smtp://:password@host", "smtp://@host", "smtp://u%zz@host",
        "smtp://u%4@host", "smtp://a@b@host", "smtp://u%0d%0aRSET@host", "smtp://u:%00@host",
        "smtp://ho\nst", "smtp://[::1", "smtp://fd00::1:25", "smtp://u p@host", "smtp://[]:25"}) {
    EXPECT_FALSE(SmtpUrl{}.read(bad)) << bad;
  }
  EXPECT_FALSE(SmtpUrl{}.read("smtp://" + std::string(3000, 'h')));
  for (const char* good : {"smtp://localhost:1025/", "smtp://u:p@h/client?tls=off&ca=/etc/ca.pem"})
    EXPECT_EQ(SmtpUrl{}.read(good), good);
}

TEST(MailSender, is_one_address_that_fits_a_header) {
  EXPECT_TRUE(MailSender{}.read("\"A team\" <a@b>"));
  EXPECT_TRUE(MailSender{}.read("Bj\xC3\xB6rn & Co <a.b+c@mail.example.org>"));
  for (const std::string bad : {"a@", "@b", "A <>", "A <a@b> x", "A <a@b>, B <c@d>", "\"A <a@b>",
                                "\"A\"B\" <a@b>", "a@[::1]", "a@.b", "a@b."})
    EXPECT_FALSE(MailSender{}.read(bad)) << bad;
  EXPECT_FALSE(MailSender{}.read(std::string(400, 'n') + " <a@b>"));
}

TEST(OptionalPublicUrl, is_nothing_that_a_link_cannot_begin_with) {
  EXPECT_EQ(OptionalPublicUrl{}.read("none"), "");
  EXPECT_EQ(OptionalPublicUrl{}.write(""), "none");
  for (const std::string bad : {"", "https://u@a", "https://a?b", "https://a#b", "https://a/\"",
                                "https://a:0", "javascript:alert(1)", "https://a\nb"})
    EXPECT_FALSE(OptionalPublicUrl{}.read(bad)) << bad;
}

}  // namespace
}  // namespace parley::app
