#include "mail/smtp_transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "mail/detail/smtp_reply.hpp"
#include "mail/testing.hpp"
#include "mail/testing_shard.hpp"

namespace parley::mail {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::SmtpScript;
using testing::SmtpServer;
using ::testing::StartsWith;
using Tls = SmtpConfig::Tls;

const std::string mail_bytes = "Subject: x\r\n\r\nHello\r\n.\r\n..dots\r\n";

class SmtpTransportTest : public testing::ShardTest {
 protected:
  void serve(SmtpScript script) {
    server_ = std::make_unique<SmtpServer>(std::move(script));
    connect(server_->config());
  }
  void connect(SmtpConfig config) {
    transport_.reset();
    transport_ = std::make_unique<SmtpTransport>(workers_, std::move(config));
  }
  Result<Done> send(std::string to = "anna@example.com") {
    return run(transport_->send({"no-reply@example.org", std::move(to)}, mail_bytes, permit_));
  }
  Error refusal() {
    const auto sent = send();
    return sent ? fail(Errc::internal, "it was sent") : sent.error();
  }
  /// A server that answers `command` so.
  Error refusal_of(const std::string& command, const std::string& reply) {
    SmtpScript script;
    script.replies[command] = reply;
    serve(script);
    return refusal();
  }

  net::Workers workers_{{2, 64}};
  Permit permit_;
  std::unique_ptr<SmtpServer> server_;
  std::unique_ptr<SmtpTransport> transport_;
};

TEST_F(SmtpTransportTest, brings_a_mail_as_it_is) {
  serve({});
  ASSERT_TRUE(send());
  const auto mails = server_->mails();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].from, "no-reply@example.org");
  EXPECT_EQ(mails[0].to, "anna@example.com");
  EXPECT_EQ(mails[0].bytes, mail_bytes);
  EXPECT_FALSE(mails[0].over_tls);
  EXPECT_THAT(server_->commands(), Contains(StartsWith("MAIL FROM:<no-reply@example.org> SIZE=")));
}

TEST_F(SmtpTransportTest, keeps_its_connection_between_mails_and_says_quit_at_the_end) {
  serve({});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send());
  EXPECT_EQ(server_->mails().size(), 3U);
  EXPECT_EQ(server_->connections(), 1U);
  EXPECT_THAT(server_->commands(), Not(Contains("QUIT")));
  transport_.reset();
  run_until([this] { return server_->commands().back() == "QUIT"; });
}

TEST_F(SmtpTransportTest, begins_anew_when_the_server_has_closed_a_kept_connection) {
  SmtpScript script;
  script.mails_per_connection = 1;
  serve(script);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send()) << i;
  EXPECT_EQ(server_->mails().size(), 3U);
  EXPECT_EQ(server_->connections(), 3U);
}

TEST_F(SmtpTransportTest, begins_anew_when_a_kept_connection_says_421) {
  serve({});
  ASSERT_TRUE(send());
  SmtpScript script;
  script.replies["MAIL"] = "421 4.4.2 idle for too long";
  script.times = 1;
  server_->follow(script);
  ASSERT_TRUE(send());
  EXPECT_EQ(server_->mails().size(), 2U);
  EXPECT_EQ(server_->connections(), 2U);
}

TEST_F(SmtpTransportTest, calls_4xx_temporary_and_tells_the_reply) {
  for (const char* command : {"GREETING", "EHLO", "MAIL", "RCPT", "DATA", "."}) {
    const Error error = refusal_of(command, "451-4.7.1 greylisted,\r\n451 4.7.1 come back later");
    EXPECT_EQ(error.code, Errc::unavailable) << command;
    EXPECT_THAT(error.detail, HasSubstr("451")) << command;
    EXPECT_THAT(error.detail, HasSubstr("come back later")) << command;
    EXPECT_TRUE(server_->mails().empty());
  }
}

TEST_F(SmtpTransportTest, calls_5xx_to_a_mail_permanent_and_tells_the_reply) {
  for (const char* command : {"MAIL", "RCPT", "DATA", "."}) {
    const Error error = refusal_of(command, "550-5.1.1 no such user\r\n550 5.1.1 here\x1B[2J");
    EXPECT_EQ(error.code, Errc::bad_request) << command;
    EXPECT_EQ(error.detail, "the mail server refused: 550 5.1.1 no such user 5.1.1 here[2J");
  }
}

TEST_F(SmtpTransportTest, calls_5xx_before_a_mail_temporary_because_an_operator_mends_that) {
  for (const char* command : {"GREETING", "EHLO"}) {
    const Error error = refusal_of(command, "554 5.7.1 not you");
    EXPECT_EQ(error.code, Errc::unavailable) << command;
  }
}

TEST_F(SmtpTransportTest, calls_a_missing_or_refused_login_temporary) {
  SmtpScript script;
  script.user = "parley";
  script.password = "sesame";
  serve(script);
  EXPECT_EQ(refusal().code, Errc::unavailable);  // 530
  SmtpConfig config = server_->config();
  config.user = "parley";
  config.password = "wrong";
  connect(config);
  const Error wrong = refusal();
  EXPECT_EQ(wrong.code, Errc::unavailable);
  EXPECT_THAT(wrong.detail, AllOf(HasSubstr("535"), Not(HasSubstr("wrong"))));
}

TEST_F(SmtpTransportTest, logs_in) {
  SmtpScript script;
  script.user = "par@ley";
  script.password = "se same";
  serve(script);
  SmtpConfig config = server_->config();
  config.user = "par@ley";
  config.password = "se same";
  connect(config);
  ASSERT_TRUE(send());
  EXPECT_EQ(server_->mails()[0].user, "par@ley");
}

TEST_F(SmtpTransportTest, uses_starttls_when_it_is_offered) {
  SmtpScript script;
  script.offers_starttls = true;
  serve(script);
  ASSERT_TRUE(send());
  EXPECT_TRUE(server_->mails()[0].over_tls);
}

TEST_F(SmtpTransportTest, sends_no_password_and_no_mail_without_the_tls_that_is_required) {
  SmtpScript script;
  script.user = "u";
  script.password = "p";
  serve(script);
  SmtpConfig config = server_->config();
  config.user = "u";
  config.password = "p";
  config.tls = Tls::required;
  connect(config);
  EXPECT_EQ(refusal().code, Errc::unavailable);
  EXPECT_THAT(server_->commands(), Not(Contains("AUTH")));
  EXPECT_TRUE(server_->mails().empty());
}

TEST_F(SmtpTransportTest, speaks_tls_from_the_first_byte) {
  SmtpScript script;
  script.is_tls = true;
  serve(script);
  ASSERT_TRUE(send());
  EXPECT_TRUE(server_->mails()[0].over_tls);
  EXPECT_THAT(transport_->describe(), StartsWith("smtps://127.0.0.1:"));
}

TEST_F(SmtpTransportTest, uses_no_tls_when_it_is_switched_off) {
  SmtpScript script;
  script.offers_starttls = true;
  serve(script);
  SmtpConfig config = server_->config();
  config.tls = Tls::off;
  connect(config);
  ASSERT_TRUE(send());
  EXPECT_FALSE(server_->mails()[0].over_tls);
}

TEST_F(SmtpTransportTest, trusts_no_unknown_certificate) {
  for (const bool from_the_start : {true, false}) {
    SmtpScript script;
    script.is_tls = from_the_start;
    script.offers_starttls = !from_the_start;
    serve(script);
    SmtpConfig config = server_->config();
    config.ca_file.clear();
    connect(config);
    const Error error = refusal();
    EXPECT_EQ(error.code, Errc::unavailable);
    EXPECT_THAT(error.detail, HasSubstr("certificate")) << from_the_start;
    EXPECT_TRUE(server_->mails().empty());
  }
}

TEST_F(SmtpTransportTest, gives_a_slow_server_up) {
  for (const char* command : {"GREETING", "EHLO", "RCPT", "."}) {
    SmtpScript script;
    script.replies[command] = "silence";
    serve(script);
    SmtpConfig config = server_->config();
    config.timeout = 200ms;
    connect(config);
    EXPECT_EQ(refusal().code, Errc::timeout) << command;
  }
}

TEST_F(SmtpTransportTest, does_not_wait_long_for_the_answer_to_quit) {
  const auto began = std::chrono::steady_clock::now();
  for (const char* command : {"MAIL", "RCPT", "DATA", "."}) {
    SmtpScript script;
    script.replies[command] = "550 no";
    script.replies["QUIT"] = "silence";
    serve(script);
    EXPECT_EQ(refusal().code, Errc::bad_request) << command;
  }
  server_->follow({});
  ASSERT_TRUE(send());
  SmtpScript silent;
  silent.replies["QUIT"] = "silence";
  server_->follow(silent);
  transport_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 15s);
}

TEST_F(SmtpTransportTest, sends_nothing_more_over_a_connection_whose_answer_came_too_late) {
  SmtpScript script;
  script.replies["."] = "silence";
  script.times = 1;
  serve(script);
  SmtpConfig config = server_->config();
  config.timeout = 300ms;
  connect(config);
  EXPECT_EQ(refusal().code, Errc::timeout);
  EXPECT_TRUE(send());
  EXPECT_EQ(server_->connections(), 2U);
}

TEST_F(SmtpTransportTest, calls_a_server_that_closes_in_the_middle_unavailable) {
  for (const char* command : {"GREETING", "EHLO", "MAIL", "RCPT", "DATA", "."}) {
    EXPECT_EQ(refusal_of(command, "close").code, Errc::unavailable) << command;
  }
}

TEST_F(SmtpTransportTest, calls_nonsense_unavailable) {
  for (const char* nonsense : {"what?", "999 x", "2", "250-\r\n250-for ever"}) {
    SmtpScript script;
    script.replies["EHLO"] = nonsense;
    serve(script);
    SmtpConfig config = server_->config();
    config.timeout = 300ms;
    connect(config);
    const Errc code = refusal().code;
    EXPECT_TRUE(info(code).temporary) << nonsense;
  }
}

TEST_F(SmtpTransportTest, calls_an_absent_server_unavailable_and_finds_it_when_it_is_back) {
  SmtpConfig nobody;
  nobody.host = "127.0.0.1";
  nobody.port = 1;
  connect(nobody);
  EXPECT_EQ(refusal().code, Errc::unavailable);
  SmtpScript script;
  script.replies["GREETING"] = "421 not now";
  script.times = 1;
  serve(script);
  EXPECT_EQ(refusal().code, Errc::unavailable);
  EXPECT_TRUE(send());
}

TEST_F(SmtpTransportTest, goes_on_after_a_refusal) {
  SmtpScript script;
  script.replies["RCPT"] = "550 no such user";
  script.times = 1;
  serve(script);
  EXPECT_EQ(refusal().code, Errc::bad_request);
  EXPECT_TRUE(send());
  EXPECT_EQ(server_->mails().size(), 1U);
}

TEST_F(SmtpTransportTest, lets_no_address_speak_smtp) {
  serve({});
  for (const std::string bad : {"a@b>\r\nRCPT TO:<c@d", "a@b\r\nDATA", "", "a", "a@b c"}) {
    const auto sent = send(bad);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::bad_request);
  }
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(SmtpTransportTest, sends_as_many_at_once_as_there_are_threads) {
  serve({});
  int left = 8;
  const auto one = [](SmtpTransport& transport, int& count) -> Task<void> {
    Envelope envelope{"a@b", "c@d"};
    std::string bytes = mail_bytes;
    const auto sent = co_await transport.send(std::move(envelope), std::move(bytes), Permit());
    EXPECT_TRUE(sent);
    --count;
  };
  for (int i = 0; i < 8; ++i) shard_.spawn("test", one(*transport_, left));
  run_until([&left] { return left == 0; });
  EXPECT_EQ(server_->mails().size(), 8U);
  EXPECT_LE(server_->connections(), 2U);
}

TEST_F(SmtpTransportTest, gives_up_at_once_when_it_is_stopped) {
  SmtpScript script;
  script.replies["RCPT"] = "silence";
  serve(script);
  SmtpConfig config = server_->config();
  config.timeout = 60s;
  connect(config);
  std::optional<Result<Done>> sent;
  const auto one = [](SmtpTransport& transport, std::optional<Result<Done>>& out) -> Task<void> {
    Envelope envelope{"a@b", "c@d"};
    std::string bytes = mail_bytes;
    out = co_await transport.send(std::move(envelope), std::move(bytes), Permit());
  };
  shard_.spawn("test", one(*transport_, sent));
  run_until([this] {
    return !server_->commands().empty() && server_->commands().back().starts_with("RCPT");
  });
  const auto began = std::chrono::steady_clock::now();
  transport_->stop();
  run_until([&sent] { return sent.has_value(); });
  EXPECT_EQ(sent->error().code, Errc::closed);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_EQ(refusal().code, Errc::closed);
}

Task<Result<Done>> permit(std::shared_ptr<std::vector<std::string>> heard, const SmtpServer* server,
                          Result<Done> answer) {
  for (const std::string& command : server->commands()) heard->push_back(command);
  co_return answer;
}

TEST_F(SmtpTransportTest, asks_for_a_permit_when_only_the_mail_itself_is_left_to_send) {
  serve({});
  const auto heard = std::make_shared<std::vector<std::string>>();
  permit_ = [heard, server = server_.get()] { return permit(heard, server, Done{}); };
  ASSERT_TRUE(send());
  EXPECT_EQ(heard->back(), "DATA");
  EXPECT_EQ(heard->size(), server_->commands().size()) << "asked once";
  EXPECT_EQ(server_->mails()[0].bytes, mail_bytes);
}

TEST_F(SmtpTransportTest, leaves_a_mail_without_its_end_when_the_permit_is_refused) {
  serve({});
  const auto heard = std::make_shared<std::vector<std::string>>();
  permit_ = [heard, server = server_.get()] {
    return permit(heard, server, fail(Errc::conflict, "not any more"));
  };
  EXPECT_EQ(refusal().code, Errc::conflict);
  permit_ = {};
  ASSERT_TRUE(send());
  EXPECT_EQ(server_->mails().size(), 1U);
  EXPECT_EQ(server_->connections(), 2U);
}

TEST_F(SmtpTransportTest, asks_before_the_last_piece_of_a_long_mail) {
  serve({});
  std::string bytes;
  for (int i = 0; i < 10'000; ++i) bytes += "a line of a long mail\r\n";
  const auto heard = std::make_shared<std::vector<std::string>>();
  Permit refused = [heard, server = server_.get()] {
    return permit(heard, server, fail(Errc::conflict, "not any more"));
  };
  EXPECT_FALSE(run(transport_->send({"a@b", "c@d"}, bytes, refused)));
  EXPECT_TRUE(run(transport_->send({"a@b", "c@d"}, bytes, {})));
  ASSERT_EQ(server_->mails().size(), 1U);
  EXPECT_EQ(server_->mails()[0].bytes, bytes);
}

Task<Result<Done>> no_answer() {
  co_await net::sleep_for(60s);
  co_return Done{};
}

TEST_F(SmtpTransportTest, sends_nothing_when_nobody_answers_for_the_permit) {
  serve({});
  SmtpConfig config = server_->config();
  config.timeout = 200ms;
  connect(config);
  permit_ = no_answer;
  EXPECT_EQ(refusal().code, Errc::timeout);
  EXPECT_TRUE(server_->mails().empty());
}

TEST(SmtpReply, joins_the_lines_of_the_last_refusal) {
  detail::SmtpReply reply;
  EXPECT_EQ(reply.refusal(), "");
  for (const char* line : {"250-one\r\n", "250 two\r\n", "421 later\r\n"}) reply.add(line);
  EXPECT_TRUE(reply.is_refusal());
  reply.add("550-5.1.1 no\r\n");
  EXPECT_FALSE(reply.is_refusal());
  reply.add("550-\r\n");
  reply.add("550 5.1.1 user\r\n");
  EXPECT_TRUE(reply.is_refusal());
  reply.add("221 bye\r\n");
  reply.add("22");
  reply.add("");
  EXPECT_FALSE(reply.is_refusal());
  EXPECT_EQ(reply.refusal(), "550 5.1.1 no 5.1.1 user");
}

TEST(SmtpReply, does_not_grow_without_bound) {
  detail::SmtpReply reply;
  for (int i = 0; i < 10'000; ++i) reply.add("550-" + std::string(100, 'x') + "\r\n");
  reply.add("550 end");
  EXPECT_LE(reply.refusal().size(), 310U);
}

TEST(IsPermanent, spares_what_an_operator_mends) {
  for (const long code : {500, 501, 550, 552, 554, 571}) EXPECT_TRUE(detail::is_permanent(code));
  for (const long code : {0, 250, 354, 421, 450, 499, 530, 534, 535, 538, 600})
    EXPECT_FALSE(detail::is_permanent(code));
}

}  // namespace
}  // namespace parley::mail
