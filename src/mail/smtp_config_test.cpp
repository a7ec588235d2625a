#include "mail/smtp_config.hpp"

#include <gtest/gtest.h>

namespace parley::mail {
namespace {

using Tls = SmtpConfig::Tls;

SmtpConfig config(std::string_view url) {
  const auto read = smtp_config_from(url);
  EXPECT_TRUE(read) << url << ": " << (read ? "" : read.error().detail);
  return read ? *read : SmtpConfig{};
}

TEST(SmtpConfigFrom, reads_every_part) {
  const auto read = config(
      "smtp://some%40one:p%40ss%2Fw%3Ard@mail.example:2525/chat.example?ca=/etc/"
      "ca.pem&tls=required");
  EXPECT_EQ(read.host, "mail.example");
  EXPECT_EQ(read.port, 2525);
  EXPECT_EQ(read.user, "some@one");
  EXPECT_EQ(read.password, "p@ss/w:rd");
  EXPECT_EQ(read.client_name, "chat.example");
  EXPECT_EQ(read.ca_file, "/etc/ca.pem");
  EXPECT_EQ(read.tls, Tls::required);
}

TEST(SmtpConfigFrom, knows_the_ports) {
  EXPECT_EQ(config("smtp://mail.example").port, 25);
  EXPECT_EQ(config("smtp://u:p@mail.example").port, 587);
  EXPECT_EQ(config("smtps://u:p@mail.example/").port, 465);
  EXPECT_EQ(config("smtps://mail.example:10465").port, 10465);
}

TEST(SmtpConfigFrom, lets_a_password_leave_this_machine_over_tls_only) {
  EXPECT_EQ(config("smtp://mail.example").tls, Tls::offered);
  EXPECT_EQ(config("smtp://u:p@mail.example").tls, Tls::required);
  EXPECT_EQ(config("smtps://u:p@mail.example").tls, Tls::implicit);
  for (const std::string_view here : {"localhost", "127.0.0.1", "127.1.2.3", "[::1]"})
    EXPECT_EQ(config("smtp://u:p@" + std::string{here}).tls, Tls::offered) << here;
}

TEST(SmtpConfigFrom, does_what_it_is_told_about_tls) {
  EXPECT_EQ(config("smtp://u:p@mail.example?tls=off").tls, Tls::off);
  EXPECT_EQ(config("smtp://u:p@mail.example?tls=offered").tls, Tls::offered);
  EXPECT_EQ(config("smtp://mail.example/?tls=required").tls, Tls::required);
}

TEST(SmtpConfigFrom, describes_itself_without_secrets) {
  EXPECT_EQ(config("smtp://u:p@mail.example").describe(), "smtp://mail.example:587");
  EXPECT_EQ(config("smtps://u:p@[2001:db8::1]/x").describe(), "smtps://[2001:db8::1]:465");
}

TEST(SmtpConfigFrom, refuses_what_it_does_not_understand_and_keeps_the_password_to_itself) {
  for (const std::string_view bad :
       {"", "mail.example", "http://u:sesame@mail.example", "smtp://", "smtp://u:sesame@",
        "smtp://:sesame@mail.example", "smtp://u:sesame@mail.example:0",
        "smtp://u:sesame@mail.example:65536", "smtp://u:sesame@mail.example:x",
        "smtp://u:sesame@mail.example/a/b", "smtp://u:sesame@mail.example/a%0d%0ab",
        "smtp://u:sesame@mail%0d.example", "smtp://u:sesame@mail.example?tls=maybe",
        "smtp://u:sesame@mail.example?x=y", "smtps://u:sesame@mail.example?tls=off",
        "smtp://u:sesame@mail.example#x", "smtp://u:sesame%0d%0a@mail.example",
        "smtp://u:se@sa@me@mail.example"}) {
    const auto read = smtp_config_from(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, Errc::bad_request);
    EXPECT_TRUE(read.error().detail.starts_with("SMTP URL: ")) << read.error().detail;
    EXPECT_EQ(read.error().detail.find("sesame"), std::string::npos) << read.error().detail;
  }
}

}  // namespace
}  // namespace parley::mail
