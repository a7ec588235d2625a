#include "settings/mail_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(smtp_url_advice, writes_the_url_without_the_password) {
  const std::string advice = smtp_url_advice({{"SMTP_HOST", "mail.example.org"},
                                              {"SMTP_PORT", "587"},
                                              {"SMTP_USER", "me@example.org"},
                                              {"SMTP_PASS", "very secret"}},
                                             "in the environment");
  EXPECT_THAT(advice, HasSubstr("SMTP_URL=smtp://me%40example.org:PASSWORD@mail.example.org:587"));
  EXPECT_THAT(advice, Not(HasSubstr("secret")));
}

TEST(smtp_url_advice, fills_in_what_is_not_known_and_shows_nothing_odd) {
  EXPECT_THAT(smtp_url_advice({{"SMTP_HOST", "h"}, {"SMTP_PORT", "465"}}, "in .env"),
              HasSubstr("SMTP_URL=smtps://h in place"));
  EXPECT_THAT(
      smtp_url_advice({{"EMAIL_PASS", "x"}}, "in .env"),
      HasSubstr("EMAIL_PASS in .env is not read: write SMTP_URL=smtp://USER:PASSWORD@HOST"));
  EXPECT_THAT(smtp_url_advice({{"SMTP_HOST", "two words\n"}}, "in .env"),
              HasSubstr("SMTP_URL=smtp://USER:PASSWORD@HOST:587"));
}

TEST(check_mail, wants_a_public_url_where_mail_leaves_a_production_server) {
  Settings settings;
  settings.server.mode = Mode::production;
  EXPECT_THAT(check_mail(settings).problems, IsEmpty());
  settings.mail.smtp_url = "smtp://mail.example.org";
  EXPECT_THAT(check_mail(settings).problems, SizeIs(1));
  EXPECT_THAT(check_mail(settings).warnings, SizeIs(1)) << "from no-reply@localhost";
  settings.mail.public_url = "https://chat.example.org";
  settings.mail.from = "no-reply@example.org";
  EXPECT_THAT(check_mail(settings).problems, IsEmpty());
  EXPECT_THAT(check_mail(settings).warnings, IsEmpty());
}

TEST(check_mail, refuses_what_would_lock_everybody_out) {
  Settings settings;
  settings.server.mode = Mode::production;
  settings.mail.require_verified_email = true;
  EXPECT_THAT(check_mail(settings).problems, SizeIs(1));
}

TEST(worker_refusal, names_what_a_worker_apart_needs) {
  Settings settings;
  settings.jobs.worker = WorkerPlace::apart;
  EXPECT_TRUE(worker_refusal(settings));
  EXPECT_THAT(check_mail(settings).problems, SizeIs(1));
  settings.store.mongo_uri = "mongodb://127.0.0.1";
  EXPECT_TRUE(worker_refusal(settings));
  settings.cluster.redis_host = "127.0.0.1";
  EXPECT_FALSE(worker_refusal(settings));
}

TEST(public_url, is_this_machine_unless_said) {
  Settings settings;
  EXPECT_EQ(public_url(settings, 8123), "http://localhost:8123");
  settings.mail.public_url = "https://chat.example.org";
  EXPECT_EQ(public_url(settings, 8123), "https://chat.example.org");
}

TEST(app_url, is_where_the_server_is_unless_said) {
  Settings settings;
  EXPECT_EQ(app_url(settings, 8123), "http://localhost:8123");
  settings.mail.public_url = "https://chat.example.org";
  EXPECT_EQ(app_url(settings, 8123), "https://chat.example.org");
  settings.mail.app_url = "https://app.example.org";
  EXPECT_EQ(app_url(settings, 8123), "https://app.example.org");
}

TEST(check_mail, warns_where_mails_lead_to_a_server_that_shows_no_app) {
  Settings settings;
  settings.server.web_client = false;
  EXPECT_THAT(check_mail(settings).warnings, IsEmpty()) << "nothing says that there are people";
  settings.mail.public_url = "https://chat.example.org";
  EXPECT_THAT(check_mail(settings).warnings, ElementsAre(HasSubstr("app-url is not set")));
  settings.mail.app_url = "https://app.example.org";
  EXPECT_THAT(check_mail(settings).warnings, IsEmpty());
  settings.mail.app_url.clear();
  settings.server.web_client = true;
  EXPECT_THAT(check_mail(settings).warnings, IsEmpty());
}

}  // namespace
}  // namespace parley::app
