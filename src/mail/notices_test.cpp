#include "mail/notices.hpp"

#include <gtest/gtest.h>

#include <set>

#include "chat/fakes/memory_presence.hpp"
#include "jobs/fakes/memory_queue.hpp"
#include "mail/testing_shard.hpp"

namespace parley::mail {
namespace {

const Time now = *from_iso8601("2026-11-23T18:00:00.000Z");
Time clock_of_tests() { return now; }

/// A queue that can be away, and slow.
class ShakyProducer final : public jobs::Producer {
 public:
  explicit ShakyProducer(jobs::Producer& inner) : inner_(inner) {}
  Task<Result<jobs::Added>> add(jobs::NewJob job, Time at) override {
    ++calls;
    while (is_slow) co_await net::sleep_for(1ms);
    if (error) co_return *error;
    auto added = co_await inner_.add(std::move(job), at);
    co_return added;
  }
  Task<Result<std::vector<jobs::Added>>> add_all(std::vector<jobs::NewJob> jobs, Time at) override {
    auto added = co_await inner_.add_all(std::move(jobs), at);
    co_return added;
  }

  std::optional<Error> error;
  bool is_slow = false;
  int calls = 0;

 private:
  jobs::Producer& inner_;
};

/// A presence store that can be away.
class ShakyPresence final : public chat::PresenceStore {
 public:
  Task<Result<bool>> arrive(chat::UserId user, std::string device, Time at) override {
    auto first = co_await inner_.arrive(user, std::move(device), at);
    co_return first;
  }
  Task<Result<bool>> leave(chat::UserId user, std::string device, Time at) override {
    auto last = co_await inner_.leave(user, std::move(device), at);
    co_return last;
  }
  Task<Result<std::vector<chat::Presence>>> status(std::vector<chat::UserId> users) override {
    ++asked;
    if (error) co_return *error;
    auto found = co_await inner_.status(std::move(users));
    co_return found;
  }

  bool is_settled() const override { return settled; }

  std::optional<Error> error;
  bool settled = true;
  int asked = 0;

 private:
  chat::fakes::MemoryPresence inner_;
};

class QueuedNoticesTest : public testing::ShardTest {
 protected:
  QueuedNoticesTest() {
    config_.retry_every = 1ms;
    config_.clock = clock_of_tests;
  }
  ~QueuedNoticesTest() override {
    if (notices_) stop(1s);
  }
  QueuedNotices& notices() {
    if (!notices_) {
      notices_ = std::make_unique<QueuedNotices>(
          shard_, producer_, presence_,
          [this](const chat::UserId& user) { return here_.contains(user); }, config_);
    }
    return *notices_;
  }
  /// A message to Anna in conversation number `conversation`.
  chat::Message message(std::uint8_t number, std::uint8_t conversation = 0) {
    chat::Message made;
    made.id.bytes[11] = number;
    made.conversation_id.bytes[11] = conversation ? conversation : number;
    made.sender.bytes[0] = 9;
    made.receiver = anna_;
    made.content = std::string(100, 'x');
    return made;
  }
  void stop(std::chrono::milliseconds grace) {
    const auto end = [](QueuedNotices& which, std::chrono::milliseconds limit,
                        bool& out) -> Task<void> {
      co_await which.stop(limit);
      out = true;
    };
    bool done = false;
    const net::ShardScope scope{shard_};
    shard_.spawn("test", end(notices(), grace, done));
    run_until([&done] { return done; });
  }
  std::size_t waiting() { return good(queue_.counts()).prioritized; }
  void settle() { net::run_ready(shard_); }

  chat::UserId anna_{{1, 2, 3}};
  jobs::fakes::MemoryQueue queue_{shard_.executor()};
  ShakyProducer producer_{queue_};
  ShakyPresence presence_;
  std::set<chat::UserId> here_;
  QueuedNotices::Config config_;
  std::unique_ptr<QueuedNotices> notices_;
};

TEST_F(QueuedNoticesTest, queues_a_mail_for_somebody_who_is_nowhere) {
  EXPECT_FALSE(notices().joins(anna_));
  notices().sent(message(1));
  settle();
  EXPECT_EQ(waiting(), 1U);
  EXPECT_EQ(notices().stats().queued, 1U);
  const auto jobs = good(queue_.list(jobs::State::prioritized, {}));
  EXPECT_EQ(jobs[0].id, job_of_message(message(1), {}).options.id);
  EXPECT_EQ(jobs[0].created_at, now);
}

TEST_F(QueuedNoticesTest, asks_nobody_about_somebody_who_is_here) {
  here_.insert(anna_);
  notices().sent(message(1));
  settle();
  EXPECT_EQ(presence_.asked, 0);
  EXPECT_EQ(producer_.calls, 0);
}

TEST_F(QueuedNoticesTest, queues_nothing_for_somebody_who_is_on_another_node) {
  good(presence_.arrive(anna_, "phone", now));
  notices().sent(message(1));
  settle();
  EXPECT_EQ(presence_.asked, 1);
  EXPECT_EQ(producer_.calls, 0);
}

TEST_F(QueuedNoticesTest, queues_nothing_for_what_was_delivered) {
  chat::Message delivered = message(1);
  delivered.delivered_at = now;
  notices().sent(delivered);
  settle();
  EXPECT_EQ(presence_.asked, 0);
}

TEST_F(QueuedNoticesTest, queues_one_mail_a_conversation_and_for_repeated_sends) {
  notices().sent(message(1, 7));
  notices().sent(message(1, 7));
  notices().sent(message(2, 7));
  notices().sent(message(3, 8));
  settle();
  EXPECT_EQ(waiting(), 2U);
}

TEST_F(QueuedNoticesTest, tries_again_until_the_queue_is_back) {
  producer_.error = fail(Errc::unavailable);
  notices().sent(message(1));
  notices().sent(message(2));
  run_until([this] { return producer_.calls >= 5; });
  EXPECT_EQ(waiting(), 0U);
  producer_.error.reset();
  run_until([this] { return waiting() == 2; });
  EXPECT_EQ(notices().stats().queued, 2U);
  EXPECT_EQ(notices().stats().dropped, 0U);
  EXPECT_EQ(notices().stats().kept, 0U);
  producer_.error = fail(Errc::timeout);
  notices().sent(message(3));
  settle();
  EXPECT_EQ(notices().stats().kept, 1U);
  producer_.error.reset();
  run_until([this] { return waiting() == 3; });
}

TEST_F(QueuedNoticesTest, tries_again_until_somebody_knows_who_is_there) {
  presence_.error = fail(Errc::unavailable);
  notices().sent(message(1));
  settle();
  EXPECT_EQ(producer_.calls, 0);
  presence_.error.reset();
  run_until([this] { return waiting() == 1; });
}

TEST_F(QueuedNoticesTest, believes_no_absence_before_all_nodes_are_back) {
  presence_.settled = false;
  notices().sent(message(1));
  chat::Message to_bob = message(2);
  to_bob.receiver.bytes[0] = 7;
  notices().sent(to_bob);
  settle();
  EXPECT_EQ(notices().stats().kept, 2U);
  good(presence_.arrive(anna_, "phone on another node", now));
  presence_.settled = true;
  run_until([this] { return notices().stats().kept == 0 && waiting() == 1; });
  EXPECT_EQ(good(queue_.list(jobs::State::prioritized, {}))[0].id,
            job_of_message(to_bob, {}).options.id);
}

TEST_F(QueuedNoticesTest, rather_sends_one_too_many_when_it_stops) {
  presence_.settled = false;
  notices().sent(message(1));
  settle();
  EXPECT_EQ(waiting(), 0U);
  stop(5s);
  EXPECT_EQ(waiting(), 1U);
}

TEST_F(QueuedNoticesTest, does_not_grow_without_bound) {
  config_.max_kept = 3;
  config_.retry_every = 1h;
  producer_.error = fail(Errc::unavailable);
  for (std::uint8_t i = 1; i <= 5; ++i) notices().sent(message(i));
  settle();
  EXPECT_EQ(notices().stats().kept, 3U);
  EXPECT_EQ(notices().stats().dropped, 2U);
}

TEST_F(QueuedNoticesTest, does_not_keep_more_bytes_than_it_may) {
  config_.max_kept_bytes = 1;
  producer_.error = fail(Errc::unavailable);
  notices().sent(message(1));
  settle();
  EXPECT_EQ(notices().stats().kept, 0U);
  EXPECT_EQ(notices().stats().dropped, 1U);
}

TEST_F(QueuedNoticesTest, asks_a_slow_queue_for_so_much_only) {
  config_.max_under_way = 2;
  producer_.is_slow = true;
  for (std::uint8_t i = 1; i <= 5; ++i) notices().sent(message(i));
  settle();
  EXPECT_LE(producer_.calls, 3);
  EXPECT_EQ(notices().stats().kept + static_cast<std::uint64_t>(producer_.calls), 5U);
  producer_.is_slow = false;
  run_until([this] { return waiting() == 5; });
}

TEST_F(QueuedNoticesTest, queues_so_many_of_one_sender) {
  config_.budget = std::make_shared<NoticeBudget>(NoticeBudget::Config{2, 1h, 10});
  notices().sent(message(1));
  settle();
  notices().sent(message(1));  // a repeated send
  settle();
  good(presence_.arrive(anna_, "phone on another node", now));
  notices().sent(message(2));
  settle();
  good(presence_.leave(anna_, "phone on another node", now));
  producer_.error = fail(Errc::bad_request);
  notices().sent(message(3));
  settle();
  producer_.error.reset();
  EXPECT_EQ(config_.budget->refused(), 0U) << "of these one became a notice";
  for (std::uint8_t i = 4; i <= 6; ++i) notices().sent(message(i));
  settle();
  EXPECT_EQ(waiting(), 2U);
  EXPECT_EQ(config_.budget->refused(), 2U);
}

TEST_F(QueuedNoticesTest, gives_up_what_the_queue_refuses) {
  producer_.error = fail(Errc::bad_request);
  notices().sent(message(1));
  settle();
  EXPECT_EQ(notices().stats().kept, 0U);
  EXPECT_EQ(notices().stats().dropped, 1U);
}

TEST_F(QueuedNoticesTest, tries_once_more_when_it_stops_and_loses_what_is_left) {
  config_.retry_every = 1h;
  producer_.error = fail(Errc::unavailable);
  notices().sent(message(1));
  settle();
  producer_.error.reset();
  stop(5s);
  EXPECT_EQ(waiting(), 1U);
  producer_.error = fail(Errc::unavailable);
  notices().sent(message(2));
  settle();
  stop(10ms);
  EXPECT_EQ(notices().stats().kept, 0U);
  EXPECT_EQ(notices().stats().dropped, 1U);
}

TEST(BatchNotices, joins_the_mail_to_messages_for_people_who_are_away) {
  const chat::UserId anna{{1}}, bob{{2}};
  BatchNotices notices{[anna](const chat::UserId& user) { return user == anna; }};
  EXPECT_FALSE(notices.joins(anna));
  EXPECT_TRUE(notices.joins(bob));
  notices.sent({});
}

}  // namespace
}  // namespace parley::mail
