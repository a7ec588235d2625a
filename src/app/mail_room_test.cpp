#include "app/mail_room.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "app/domain.hpp"
#include "app/embedded_stores.hpp"
#include "app/errand.hpp"
#include "mail/testing.hpp"
#include "redis/testing.hpp"
#include "settings/scratch_folder.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Waits for what threads do; false when it does not come.
template <class Holds>
bool eventually(Holds holds) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

/// A mail room on an embedded store, and two people. The parameter says where the queue is.
class Office {
 public:
  Office(const Settings& settings, const std::optional<redis::Config>& redis)
      : stores_(open(settings)),
        hashing_({1, 8}),
        presence_(stores_->presence(shards_)),
        room_(shards_[1], settings, redis, *stores_),
        domain_(settings, hashing_, *stores_, *presence_, room_.mails()),
        metrics_(shards_.size()) {
    domain_.messaging.set_notices(room_.notices(*presence_));
    if (settings.jobs.worker == WorkerPlace::inside)
      room_.work(domain_.links.recovery, "https://chat.example");
    room_.add_checks(health_);
    room_.export_counts(metrics_);
    shards_.start();
    room_.start();
    EXPECT_TRUE(eventually([this] { return health_.report().checks[0].ok; }));
    ann_ = register_user("ann");
    bob_ = register_user("bob");
  }
  ~Office() {
    stores_->close();
    room_.close();
    shards_.stop();
  }

  template <class T>
  T good(Task<Result<T>> task) {
    auto done = std::make_shared<std::promise<Result<T>>>();
    auto future = done->get_future();
    shards_[0].spawn("test", keep(std::move(task), done));
    Result<T> result = future.get();
    if (!result) throw std::runtime_error(result.error().detail);
    return std::move(*result);
  }
  chat::Message send(std::string content) {
    chat::NewMessage draft{ann_, bob_, std::move(content), std::nullopt, wall_now()};
    return good(domain_.messaging.send(std::move(draft))).message;
  }
  json::object ask(std::string verb, json::object more = {}) {
    more["verb"] = std::move(verb);
    return good(room_.answer(std::move(more)));
  }
  std::uint64_t count(const char* state) {
    return ask("counts").at(state).to_number<std::uint64_t>();
  }
  /// Of jobs of messages.
  std::uint64_t waiting() { return count("prioritized"); }
  bool is_idle() { return count("waiting") + waiting() + count("active") + count("delayed") == 0; }

  MailRoom& room() { return room_; }
  Domain& domain() { return domain_; }
  chat::PresenceStore& presence() { return *presence_; }
  chat::UserId bob() const { return bob_; }
  std::string metrics() const { return metrics_.expose(); }
  ops::Health::Report health() const { return health_.report(); }

 private:
  template <class T>
  static Task<void> keep(Task<Result<T>> task, std::shared_ptr<std::promise<Result<T>>> done) {
    done->set_value(co_await std::move(task));
  }
  static std::unique_ptr<EmbeddedStores> open(const Settings& settings) {
    auto database = store::embedded::Database::open(embedded_config(settings));
    if (!database) throw std::runtime_error(database.error().detail);
    return std::make_unique<EmbeddedStores>(std::move(*database));
  }
  chat::UserId register_user(const std::string& name) {
    chat::Account account;
    account.id = chat::UserId{domain_.ids.next(wall_now())};
    account.username = name;
    account.email = name + "@example.org";
    return good(stores_->accounts().create(account)).id;
  }

  net::Shards shards_{2};
  std::unique_ptr<EmbeddedStores> stores_;
  net::Workers hashing_;
  std::unique_ptr<chat::PresenceStore> presence_;
  MailRoom room_;
  Domain domain_;
  ops::Metrics metrics_;
  ops::Health health_;
  chat::UserId ann_, bob_;
};

enum class Place { embedded, redis };

class MailRoomTest : public ::testing::TestWithParam<Place> {
 protected:
  MailRoomTest() {
    settings.store.data_dir = folder / "data";
    settings.auth.access_token_secret = std::string(40, 'a');
    settings.auth.refresh_token_secret = std::string(40, 'r');
    settings.mail.retry_delay = 100ms;
    if (GetParam() == Place::redis) redis_server.emplace();
  }
  Office& office() {
    if (!office_) {
      office_ = std::make_unique<Office>(
          settings, redis_server ? std::optional{redis_server->config()} : std::nullopt);
    }
    return *office_;
  }
  /// A job is out of the queue a moment before it is counted.
  bool comes_to_show(const std::string& line) {
    return eventually([&] { return office().metrics().find(line) != std::string::npos; });
  }
  /// What was written into DATA_DIR/mail.
  std::vector<std::string> mails() const {
    std::vector<std::string> out;
    std::error_code absent;
    for (const auto& file : std::filesystem::directory_iterator(folder / "data/mail", absent)) {
      if (file.path().extension() != ".eml") continue;
      std::ifstream in{file.path()};
      out.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
    }
    return out;
  }
  void send_by(const mail::testing::SmtpServer& server) {
    settings.mail.smtp_url = "smtp://127.0.0.1:" + std::to_string(server.config().port);
  }

  ScratchFolder folder;
  Settings settings;
  std::optional<redis::testing::RedisServer> redis_server;
  std::unique_ptr<Office> office_;
};

TEST_P(MailRoomTest, writes_to_people_who_are_away_once_in_the_quiet_period) {
  office().send("Hello Bob");
  ASSERT_TRUE(eventually([this] { return !mails().empty(); }));
  office().send("Are you there?");
  ASSERT_TRUE(eventually([this] { return office().is_idle(); }));
  ASSERT_THAT(mails(), SizeIs(1));
  EXPECT_THAT(mails()[0], AllOf(HasSubstr("bob@example.org"), HasSubstr("Hello Bob"),
                                HasSubstr("List-Unsubscribe: <https://chat.example/")));
  EXPECT_TRUE(comes_to_show("parley_mails_total{kind=\"notice\",outcome=\"sent\"} 1\n"));
  EXPECT_TRUE(comes_to_show("outcome=\"completed\"} 1\n"));
}

TEST_P(MailRoomTest, writes_so_many_for_one_sender_in_an_hour) {
  settings.jobs.worker = WorkerPlace::apart;
  settings.mail.notices_per_sender = 2;
  settings.mail.quiet_period = 0ms;
  for (int i = 0; i < 5; ++i) office().send("Hello Bob");
  EXPECT_TRUE(comes_to_show("parley_notices_over_budget_total 3\n"));
  EXPECT_TRUE(eventually([this] { return office().waiting() == 2; }));
}

TEST_P(MailRoomTest, writes_to_nobody_who_is_here) {
  ASSERT_TRUE(office().good(office().presence().arrive(office().bob(), "phone", wall_now())));
  office().send("Hello Bob");
  office().good(office().presence().leave(office().bob(), "phone", wall_now()));
  office().send("And now?");
  ASSERT_TRUE(eventually([this] { return !mails().empty(); }));
  EXPECT_THAT(mails(), SizeIs(1));
  EXPECT_THAT(mails()[0], HasSubstr("And now?"));
}

TEST_P(MailRoomTest, writes_nothing_of_what_was_read_in_the_meantime) {
  office().ask("pause");
  const chat::Message message = office().send("Hello Bob");
  ASSERT_TRUE(eventually([this] { return office().waiting() == 1; }));
  office().good(office().domain().messaging.mark_read(office().bob(), message.id, wall_now()));
  office().ask("resume");
  ASSERT_TRUE(eventually([this] { return office().is_idle(); }));
  EXPECT_THAT(mails(), SizeIs(0));
  EXPECT_TRUE(comes_to_show("kind=\"notice\",outcome=\"skipped\"} 1\n"));
}

TEST_P(MailRoomTest, lets_a_new_password_overtake_messages) {
  settings.jobs.concurrency = 1;
  mail::testing::SmtpServer server;
  send_by(server);
  office().ask("pause");
  office().send("Hello Bob");
  ASSERT_TRUE(eventually([this] { return office().waiting() == 1; }));
  office().good(office().room().mails().password_reset("ann@example.org", wall_now()));
  office().ask("resume");
  ASSERT_TRUE(eventually([&] { return server.mails().size() == 2; }));
  EXPECT_EQ(server.mails()[0].to, "ann@example.org");
}

TEST_P(MailRoomTest, tries_again_what_the_server_refused_for_now) {
  mail::testing::SmtpServer server;
  mail::testing::SmtpScript busy;
  busy.replies["RCPT"] = "451 try later";
  busy.times = 1;
  server.follow(busy);
  send_by(server);
  office().send("Hello Bob");
  ASSERT_TRUE(eventually([&] { return server.mails().size() == 1; }));
  ASSERT_TRUE(eventually([this] { return office().is_idle(); }));
  EXPECT_EQ(server.mails()[0].to, "bob@example.org");
  EXPECT_TRUE(comes_to_show("outcome=\"retried\"} 1\n"));
}

TEST_P(MailRoomTest, keeps_what_can_never_be_sent_to_be_looked_at) {
  mail::testing::SmtpServer server;
  mail::testing::SmtpScript strict;
  strict.replies["RCPT"] = "550 no such user";
  server.follow(strict);
  send_by(server);
  office().send("Hello Bob");
  ASSERT_TRUE(eventually([this] { return office().count("failed") == 1; }));
  const auto failed = office().ask("list", {{"state", "failed"}}).at("jobs").as_array();
  EXPECT_THAT(std::string(failed.at(0).at("failedReason").as_string()),
              HasSubstr("550 no such user"));
  EXPECT_EQ(failed.at(0).at("attemptsMade"), 1);
  server.follow({});
  office().ask("retry", {{"all", true}});
  EXPECT_TRUE(eventually([&] { return server.mails().size() == 1; }));
}

TEST_P(MailRoomTest, gives_back_what_does_not_end_in_time) {
  mail::testing::SmtpServer server;
  mail::testing::SmtpScript mute;
  mute.replies["MAIL"] = "silence";
  server.follow(mute);
  send_by(server);
  office().send("Hello Bob");
  ASSERT_TRUE(eventually([this] { return office().count("active") == 1; }));
  const auto before = std::chrono::steady_clock::now();
  office().room().begin_drain(100ms);
  office().room().end_drain(100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
  EXPECT_EQ(office().waiting(), 1u);
  EXPECT_EQ(office().count("active"), 0u);
}

TEST_P(MailRoomTest, takes_no_job_where_workers_are_apart) {
  settings.jobs.worker = WorkerPlace::apart;
  office().send("Hello Bob");
  ASSERT_TRUE(eventually([this] { return office().waiting() == 1; }));
  office().room().begin_drain(100ms);
  office().room().end_drain(100ms);
  EXPECT_EQ(office().waiting(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder / "data/mail"));
  EXPECT_THAT(office().metrics(), ::testing::Not(HasSubstr("parley_jobs_total")));
}

TEST_P(MailRoomTest, refuses_to_start_with_a_url_that_says_nothing) {
  settings.mail.smtp_url = "smtp://host?tls=perhaps";
  EXPECT_THROW(office(), std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Queues, MailRoomTest, ::testing::Values(Place::embedded, Place::redis),
                         [](const auto& of) {
                           return of.param == Place::embedded ? "Embedded" : "Redis";
                         });

class MailRoomOnRedis : public MailRoomTest {};

TEST_P(MailRoomOnRedis, is_degraded_while_redis_is_away_and_catches_up) {
  office();
  redis_server->stop();
  ASSERT_TRUE(eventually([this] { return office().health().degraded; }));
  EXPECT_TRUE(office().health().ready);
  office().send("Hello Bob");
  redis_server->start_again();
  EXPECT_TRUE(eventually([this] { return mails().size() == 1; }));
}

TEST_P(MailRoomOnRedis, is_degraded_while_redis_refuses_and_catches_up) {
  office();
  redis_server->call({"ACL", "SETUSER", "default", "resetkeys"});
  office().send("Hello Bob");
  ASSERT_TRUE(eventually([this] { return office().health().degraded; }));
  redis_server->call({"ACL", "SETUSER", "default", "allkeys"});
  EXPECT_TRUE(eventually([this] { return mails().size() == 1; }));
  EXPECT_TRUE(eventually([this] { return !office().health().degraded; }));
}

INSTANTIATE_TEST_SUITE_P(Queues, MailRoomOnRedis, ::testing::Values(Place::redis));

/// Of a server whose jobs wait.
Settings settings_of(const std::filesystem::path& data_dir) {
  Settings settings;
  settings.store.data_dir = data_dir;
  settings.auth.access_token_secret = std::string(40, 'a');
  settings.auth.refresh_token_secret = std::string(40, 'r');
  settings.jobs.worker = WorkerPlace::apart;
  return settings;
}

TEST(MailRoomInDataDir, counts_what_is_one_mail_once) {
  const ScratchFolder folder;
  Settings settings = settings_of(folder / "data");
  settings.mail.notices_per_sender = 2;
  Office office(settings, std::nullopt);
  for (int i = 0; i < 5; ++i) office.send("Hello Bob");
  EXPECT_EQ(office.waiting(), 1u);
  EXPECT_THAT(office.metrics(), HasSubstr("parley_notices_over_budget_total 0\n"));
}

TEST(MailRoomInDataDir, keeps_its_jobs_over_a_restart) {
  const ScratchFolder folder;
  Settings settings = settings_of(folder / "data");
  {
    Office first(settings, std::nullopt);
    first.send("Hello Bob");
    EXPECT_EQ(first.waiting(), 1u) << "committed with the message";
  }
  auto database = store::embedded::Database::open(embedded_config(settings));
  ASSERT_TRUE(database) << database.error().detail;
  Errand errand;
  {
    EmbeddedJobs jobs(std::move(*database));
    errand.start();
    const auto counts = errand.run(jobs.queue().counts());
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->prioritized, 1u);
    jobs.close();
    errand.stop();
  }
}

}  // namespace
}  // namespace parley::app
