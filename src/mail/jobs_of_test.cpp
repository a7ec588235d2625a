#include "mail/jobs_of.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "jobs/draft.hpp"
#include "mail/queued_mail.hpp"

namespace parley::mail {
namespace {

const auto user = *chat::UserId::parse("507f1f77bcf86cd799439011");
const auto other = *chat::UserId::parse("507f1f77bcf86cd799439012");

chat::Message message() {
  chat::Message made;
  made.id = *chat::MessageId::parse("65a000000000000000000001");
  made.conversation_id = *chat::ConversationId::parse("65b000000000000000000002");
  made.sender = user;
  made.receiver = other;
  made.content = "Grüße \"Anna\"\n\x01";
  return made;
}

/// What all have in common.
void expect_usual(const jobs::NewJob& job) {
  EXPECT_TRUE(jobs::check({job}));
  EXPECT_EQ(job.options.attempts, 5U);
  EXPECT_EQ(job.options.backoff, (jobs::Backoff{jobs::Backoff::Kind::exponential, 30s, 0.2}));
  EXPECT_EQ(job.options.remove_on_complete, jobs::Keep::none());
  EXPECT_EQ(job.options.remove_on_fail, (jobs::Keep{10'000, std::chrono::hours{720}}));
}

TEST(JobOfMessage, holds_the_three_fields_that_node_knows) {
  const jobs::NewJob job = job_of_message(message(), {});
  expect_usual(job);
  EXPECT_EQ(job.name, "send-email");
  const auto data = json::parse(job.data);
  ASSERT_TRUE(data);
  const json::object& object = data->as_object();
  EXPECT_EQ(object.size(), 3U);
  EXPECT_EQ(object.at("receiverId").as_string(), other.hex());
  EXPECT_EQ(object.at("senderId").as_string(), user.hex());
  EXPECT_EQ(object.at("messageContent").as_string(), message().content);
}

TEST(JobOfMessage, keeps_no_more_of_the_content_than_a_mail_shows) {
  const auto kept = [](std::string content) {
    chat::Message long_one = message();
    long_one.content = std::move(content);
    const auto data = json::parse(job_of_message(long_one, {}).data);
    return std::string{data->as_object().at("messageContent").as_string()};
  };
  std::string umlauts;
  for (int i = 0; i < 4096; ++i) umlauts += "ü";
  EXPECT_EQ(kept(umlauts), umlauts.substr(0, 2 * 199) + "…");
  EXPECT_EQ(kept(umlauts.substr(0, 2 * 200)), umlauts.substr(0, 2 * 200));
}

TEST(JobOfMessage, lets_mails_that_somebody_waits_for_go_first) {
  EXPECT_EQ(job_of_message(message(), {}).options.priority, 1U);
  EXPECT_EQ(job_of_letter("a@b", "Hi", {}).options.priority, 0U);
  EXPECT_EQ(job_of_reset("a@b", {}).options.priority, 0U);
  EXPECT_EQ(job_of_verification(user, {}).options.priority, 0U);
}

TEST(JobOfMessage, is_one_for_the_message_and_one_a_conversation_in_the_quiet_period) {
  Pace pace;
  pace.quiet_period = 7min;
  const jobs::NewJob job = job_of_message(message(), pace);
  EXPECT_EQ(job.options.id, "65b000000000000000000002-65a000000000000000000001");
  ASSERT_TRUE(job.options.deduplication);
  EXPECT_EQ(job.options.deduplication->id, "65b000000000000000000002-507f1f77bcf86cd799439012");
  EXPECT_EQ(job.options.deduplication->ttl, 7min);
  pace.quiet_period = 0min;
  EXPECT_FALSE(job_of_message(message(), pace).options.deduplication);
}

TEST(JobOfLetter, holds_the_letter) {
  const jobs::NewJob job = job_of_letter("a@b", "Hi", {});
  expect_usual(job);
  EXPECT_EQ(job.name, "send-letter");
  EXPECT_EQ(job.data, R"({"email":"a@b","content":"Hi"})");
  EXPECT_TRUE(job.options.id.empty());
  EXPECT_FALSE(job.options.deduplication);
}

TEST(JobOfReset, is_one_a_minute_however_the_address_is_spelled) {
  const jobs::NewJob job = job_of_reset("Anna@Example.com", {});
  expect_usual(job);
  EXPECT_EQ(job.name, "password-reset");
  EXPECT_EQ(job.data, R"({"email":"Anna@Example.com"})");
  ASSERT_TRUE(job.options.deduplication);
  EXPECT_EQ(job.options.deduplication->ttl, 60s);
  // The beginning of `printf %s anna@example.com | sha256sum`.
  EXPECT_EQ(job.options.deduplication->id, "reset-f7d54c22dda5b178");
  EXPECT_EQ(job_of_reset(" anna@example.COM", {}).options.deduplication->id,
            job.options.deduplication->id);
}

TEST(JobOfVerification, is_one_a_minute) {
  const jobs::NewJob job = job_of_verification(user, {});
  expect_usual(job);
  EXPECT_EQ(job.name, "verify-email");
  EXPECT_EQ(job.data, R"({"userId":"507f1f77bcf86cd799439011"})");
  ASSERT_TRUE(job.options.deduplication);
  EXPECT_EQ(job.options.deduplication->id, "verify-507f1f77bcf86cd799439011");
  EXPECT_EQ(job.options.deduplication->ttl, 60s);
}

}  // namespace
}  // namespace parley::mail
