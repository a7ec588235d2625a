#include "mail/processors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/fakes/credentials.hpp"
#include "chat/fakes/memory_stores.hpp"
#include "chat/recovery.hpp"
#include "jobs/fakes/memory_queue.hpp"
#include "mail/queued_mail.hpp"
#include "mail/testing.hpp"
#include "mail/testing_shard.hpp"

namespace parley::mail {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Time now = *from_iso8601("2026-11-23T18:00:00.000Z");
Time clock_of_tests() { return now; }

MailSettings settings() {
  MailSettings made;
  made.from = {"Parley", "no-reply@example.org"};
  made.public_url = "https://chat.example";
  return made;
}

/// Stores with Anna and Bob, a queue, and a desk that works on it.
class DeskTest : public testing::ShardTest {
 protected:
  DeskTest() {
    add_account(anna_, "anna", "Anna@Example.com");
    add_account(bob_, "bob", "bob@example.com");
    for (const Kind kind : all_kinds) {
      worker_.on(std::string{job_name(kind)},
                 [this, kind](jobs::Job job) { return desk_.run(kind, std::move(job)); });
    }
  }
  ~DeskTest() override {
    const auto stop = [](jobs::Worker& worker, bool& done) -> Task<void> {
      co_await worker.stop(1s);
      done = true;
    };
    bool stopped = false;
    shard_.spawn("test", stop(worker_, stopped));
    run_until([&stopped] { return stopped; });
  }

  void add_account(const chat::UserId& id, std::string name, std::string email) {
    chat::Account account;
    account.id = id;
    account.username = std::move(name);
    account.email = std::move(email);
    account.password_hash = "plain:secret";
    account.created_at = account.updated_at = now;
    good(stores_.accounts.create(account));
  }
  chat::Message write(const chat::UserId& from, const chat::UserId& to, std::string content) {
    chat::NewMessage draft;
    draft.sender = from;
    draft.receiver = to;
    draft.content = std::move(content);
    draft.now = now;
    return good(stores_.messages.append(std::move(draft))).message;
  }
  /// The run of a job with these data, as a worker would have it.
  Result<json::value> run_job(Kind kind, std::string_view data) {
    jobs::Job job;
    job.id = "7";
    job.name = job_name(kind);
    job.created_at = now;
    job.options.attempts = 5;
    job.payload = *json::parse(data);
    return run(desk_.run(kind, std::move(job)));
  }
  /// As a worker whose lock is gone.
  static Task<Result<Done>> refuse(std::shared_ptr<std::atomic<bool>> cancelled) {
    *cancelled = true;
    co_return fail(Errc::conflict, "somebody else may do this job by now");
  }
  std::string run_notice(const chat::UserId& receiver, const chat::UserId& sender,
                         const std::string& content = "hello") {
    const auto result =
        run_job(Kind::notice, R"({"receiverId":")" + receiver.hex() + R"(","senderId":")" +
                                  sender.hex() + R"(","messageContent":")" + content + "\"}");
    return result ? json::serialize(*result) : std::string{info(result.error().code).code};
  }
  testing::ReadMail last_mail() { return testing::read_mail(transport_.mails().back().second); }

  const chat::UserId anna_ = *chat::UserId::parse("507f1f77bcf86cd799439011");
  const chat::UserId bob_ = *chat::UserId::parse("507f1f77bcf86cd799439012");
  const chat::UserId nobody_ = *chat::UserId::parse("507f1f77bcf86cd799439013");
  chat::fakes::MemoryStores stores_;
  chat::fakes::PlainHasher hasher_;
  chat::fakes::LedgerLinks links_;
  jobs::fakes::MemoryQueue queue_{shard_.executor()};
  QueuedMail mail_{queue_, Pace{}};
  chat::Recovery recovery_{stores_.accounts, hasher_, stores_.sessions, links_, mail_, {}, {}};
  testing::MemoryTransport transport_;
  Desk desk_{
      {stores_.accounts, stores_.messages, recovery_, transport_}, settings(), clock_of_tests};
  jobs::Worker worker_{shard_, queue_.new_source(), {}};
};

TEST_F(DeskTest, tells_of_unread_messages) {
  write(bob_, anna_, "first");
  write(bob_, anna_, "second");
  EXPECT_EQ(run_notice(anna_, bob_, "first"), R"({"sent":true})");
  ASSERT_EQ(transport_.mails().size(), 1U);
  EXPECT_EQ(transport_.mails()[0].first.from, "no-reply@example.org");
  EXPECT_EQ(transport_.mails()[0].first.to, "Anna@Example.com");
  const auto mail = last_mail();
  EXPECT_EQ(mail.headers.at("subject"), "2 unread messages from bob");
  EXPECT_EQ(mail.headers.at("to"), "anna <Anna@Example.com>");
  EXPECT_EQ(mail.headers.at("date"), "Mon, 23 Nov 2026 18:00:00 +0000");
  EXPECT_THAT(mail.text, HasSubstr("> second\n"));
  EXPECT_EQ(desk_.stats().count(Kind::notice, Outcome::sent), 1U);
}

TEST_F(DeskTest, shows_the_message_of_the_job_when_the_last_one_is_the_receivers_own) {
  write(bob_, anna_, "question");
  write(anna_, bob_, "my own words");
  EXPECT_EQ(run_notice(anna_, bob_, "question"), R"({"sent":true})");
  EXPECT_THAT(last_mail().text, HasSubstr("> question\n"));
  EXPECT_THAT(last_mail().text, Not(HasSubstr("my own words")));
}

TEST_F(DeskTest, sends_nothing_when_the_messages_were_read) {
  const chat::Message message = write(bob_, anna_, "hello");
  good(stores_.messages.mark_read(anna_, message.id, now));
  EXPECT_EQ(run_notice(anna_, bob_), R"({"skipped":"read"})");
  EXPECT_EQ(desk_.stats().count(Kind::notice, Outcome::skipped), 1U);
}

TEST_F(DeskTest, sends_nothing_where_there_is_no_conversation) {
  EXPECT_EQ(run_notice(anna_, bob_), R"({"skipped":"read"})");
}

TEST_F(DeskTest, sends_nothing_to_somebody_who_switched_it_off) {
  write(bob_, anna_, "hello");
  chat::ProfilePatch patch;
  patch.email_notifications = false;
  good(stores_.accounts.update(anna_, patch, now));
  EXPECT_EQ(run_notice(anna_, bob_), R"({"skipped":"switched-off"})");
  EXPECT_TRUE(transport_.mails().empty());
}

TEST_F(DeskTest, sends_nothing_to_somebody_who_is_gone) {
  EXPECT_EQ(run_notice(nobody_, bob_), R"({"skipped":"unknown-user"})");
}

TEST_F(DeskTest, gives_the_notice_a_link_that_switches_it_off) {
  write(bob_, anna_, "hello");
  ASSERT_EQ(run_notice(anna_, bob_), R"({"sent":true})");
  const std::string header = last_mail().headers.at("list-unsubscribe");
  const auto begin = header.find("token=") + 6;
  const std::string token = header.substr(begin, header.find('>') - begin);
  EXPECT_TRUE(run(recovery_.unsubscribe(token, now + std::chrono::hours{24 * 300})));
  EXPECT_FALSE(good(stores_.accounts.find(anna_)).email_notifications);
}

TEST_F(DeskTest, gives_all_runs_of_a_job_one_message_id) {
  write(bob_, anna_, "hello");
  run_notice(anna_, bob_);
  const std::string first = last_mail().headers.at("message-id");
  EXPECT_TRUE(first.ends_with("@example.org>")) << first;
  run_notice(anna_, bob_);
  EXPECT_EQ(last_mail().headers.at("message-id"), first);
  ASSERT_TRUE(run_job(Kind::letter, R"({"email":"a@b","content":"x"})"));
  EXPECT_NE(last_mail().headers.at("message-id"), first);
}

TEST_F(DeskTest, refuses_data_that_are_wrong) {
  const std::string anna = anna_.hex();
  const std::pair<Kind, std::string> cases[] = {
      {Kind::notice, "null"},
      {Kind::notice, "[]"},
      {Kind::notice, "{}"},
      {Kind::notice, R"({"receiverId":5,"senderId":")" + anna + R"(","messageContent":"x"})"},
      {Kind::notice, R"({"receiverId":"x","senderId":")" + anna + R"(","messageContent":"x"})"},
      {Kind::notice, R"({"receiverId":")" + anna + R"(","messageContent":"x"})"},
      {Kind::notice, R"({"receiverId":")" + anna + R"(","senderId":")" + anna + R"("})"},
      {Kind::notice,
       R"({"receiverId":")" + anna + R"(","senderId":")" + anna + R"(","messageContent":{}})"},
      {Kind::letter, R"({"content":"x"})"},
      {Kind::letter, R"({"email":"a@b"})"},
      {Kind::letter, R"({"email":"a@b\r\nBcc: c@d","content":"x"})"},
      {Kind::letter, R"({"email":"a@b","content":""})"},
      {Kind::letter, R"({"email":"a@b","content":")" + std::string(10'001, 'x') + "\"}"},
      {Kind::reset, R"({"email":null})"},
      {Kind::verification, R"({"userId":"anna"})"},
  };
  for (const auto& [kind, data] : cases) {
    const auto result = run_job(kind, data);
    ASSERT_FALSE(result) << data;
    EXPECT_EQ(result.error().code, Errc::bad_request) << data;
  }
  EXPECT_TRUE(transport_.mails().empty());
  EXPECT_EQ(desk_.stats().count(Kind::notice, Outcome::failed), 8U);
}

TEST_F(DeskTest, sends_administrators_letters) {
  const auto result =
      run_job(Kind::letter, R"({"email":"someone@else.example","content":"Hi\n\nyou"})");
  ASSERT_TRUE(result);
  EXPECT_EQ(transport_.mails()[0].first.to, "someone@else.example");
  EXPECT_THAT(last_mail().text, HasSubstr("Hi\n\nyou\n"));
}

TEST_F(DeskTest, sends_a_link_that_changes_the_password) {
  const auto result = run_job(Kind::reset, R"({"email":" anna@EXAMPLE.com"})");
  ASSERT_TRUE(result) << result.error().detail;
  EXPECT_EQ(transport_.mails()[0].first.to, "Anna@Example.com");
  const std::string text = last_mail().text;
  const auto begin = text.find("/account/reset-password?token=") + 30;
  const std::string token = text.substr(begin, text.find('\n', begin) - begin);
  EXPECT_TRUE(run(recovery_.reset(token, "a new password", now)));
}

TEST_F(DeskTest, sends_no_password_link_to_strangers) {
  const auto result = run_job(Kind::reset, R"({"email":"stranger@example.com"})");
  ASSERT_TRUE(result);
  EXPECT_EQ(json::serialize(*result), R"({"skipped":"unknown-user"})");
  EXPECT_TRUE(transport_.mails().empty());
}

TEST_F(DeskTest, sends_a_link_that_verifies_the_address_once) {
  const std::string data = R"({"userId":")" + anna_.hex() + "\"}";
  ASSERT_TRUE(run_job(Kind::verification, data));
  const std::string text = last_mail().text;
  const auto begin = text.find("/account/verify-email?token=") + 28;
  const std::string token = text.substr(begin, text.find('\n', begin) - begin);
  EXPECT_TRUE(run(recovery_.verify(token, now)));
  const auto again = run_job(Kind::verification, data);
  ASSERT_TRUE(again);
  EXPECT_EQ(json::serialize(*again), R"({"skipped":"verified"})");
  EXPECT_EQ(transport_.mails().size(), 1U);
}

TEST_F(DeskTest, passes_the_transports_errors_on_and_counts_them) {
  transport_.refuse(fail(Errc::unavailable, "450 later"));
  const std::string data = R"({"email":"a@b","content":"x"})";
  EXPECT_EQ(run_job(Kind::letter, data).error().code, Errc::unavailable);
  transport_.refuse(fail(Errc::bad_request, "550 never"));
  EXPECT_EQ(run_job(Kind::letter, data).error().detail, "550 never");
  EXPECT_EQ(desk_.stats().count(Kind::letter, Outcome::deferred), 1U);
  EXPECT_EQ(desk_.stats().count(Kind::letter, Outcome::failed), 1U);
}

TEST_F(DeskTest, sends_nothing_when_somebody_else_may_do_the_job_by_now) {
  jobs::Job job;
  job.id = "7";
  job.name = job_name(Kind::letter);
  job.options.attempts = 5;
  job.payload = *json::parse(R"({"email":"a@b","content":"x"})");
  const auto cancelled = std::make_shared<std::atomic<bool>>(false);
  job.cancelled = cancelled;
  job.hold = [cancelled] { return refuse(cancelled); };
  const auto result = run(desk_.run(Kind::letter, std::move(job)));
  EXPECT_EQ(result.error().code, Errc::conflict);
  EXPECT_TRUE(transport_.mails().empty());
  for (const Outcome outcome : all_outcomes)
    EXPECT_EQ(desk_.stats().count(Kind::letter, outcome), 0U) << "it is counted by who does it";
}

TEST_F(DeskTest, works_on_a_queue) {
  const chat::Message message = write(bob_, anna_, "hello");
  good(queue_.add(job_of_message(message, {}), wall_now()));
  good(mail_.letter("a@b", "x", wall_now()));
  good(mail_.password_reset("anna@example.com", wall_now()));
  good(mail_.verification(anna_, wall_now()));
  good(mail_.verification(anna_, wall_now()));  // Within the minute: no second one.
  worker_.start();
  run_until([this] { return worker_.stats().completed == 4; });
  EXPECT_EQ(transport_.mails().size(), 4U);
  for (const Kind kind : all_kinds) EXPECT_EQ(desk_.stats().count(kind, Outcome::sent), 1U);
  EXPECT_EQ(good(queue_.counts()), jobs::Counts{});
}

TEST_F(DeskTest, leaves_a_refused_mail_in_the_queue_to_be_looked_at_and_sent_later) {
  transport_.refuse(fail(Errc::bad_request, "550 never"));
  good(mail_.letter("a@b", "x", wall_now()));
  worker_.start();
  run_until([this] { return worker_.stats().failed == 1; });
  const auto failed = good(queue_.list(jobs::State::failed, {}));
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].failed_reason, "550 never");
  transport_.refuse(std::nullopt);
  good(queue_.retry(failed[0].id, wall_now()));
  run_until([this] { return transport_.mails().size() == 1; });
}

TEST_F(DeskTest, tries_again_after_a_temporary_failure) {
  Pace quick;
  quick.retry_delay = 50ms;
  transport_.refuse(fail(Errc::unavailable, "450 later"));
  good(queue_.add(job_of_letter("a@b", "x", quick), wall_now()));
  worker_.start();
  run_until([this] { return worker_.stats().retried >= 1; });
  transport_.refuse(std::nullopt);
  run_until([this] { return worker_.stats().completed == 1; });
  EXPECT_EQ(transport_.mails().size(), 1U);
}

}  // namespace
}  // namespace parley::mail
