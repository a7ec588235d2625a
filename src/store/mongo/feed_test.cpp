#include "store/mongo/feed.hpp"

#include "store/mongo/clock.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <limits>
#include <thread>

#include "chat/fakes/run.hpp"

namespace parley::store::mongo {
namespace {

using namespace std::chrono_literals;

template <class AnyId>
AnyId id(std::uint8_t last) {
  AnyId made;
  made.bytes[11] = last;
  return made;
}

const auto alice = id<chat::UserId>(1);
const auto bob = id<chat::UserId>(2);

chat::Change message(chat::Seq seq, std::uint8_t conversation = 1) {
  chat::MessageAppended appended;
  appended.message.conversation_id = id<chat::ConversationId>(conversation);
  appended.message.seq = seq;
  appended.message.version = seq;
  return appended;
}
chat::Change delivered(chat::Seq seq, chat::UserId user = bob) {
  chat::MessageDelivered change;
  change.conversation_id = id<chat::ConversationId>(1);
  change.seq = seq;
  change.receiver = user;
  return change;
}
chat::Change read(chat::Seq seq, chat::UserId user = bob) {
  chat::MessagesRead change;
  change.conversation_id = id<chat::ConversationId>(1);
  change.seq = seq;
  change.reader = user;
  return change;
}

std::string short_form(const chat::Change& change) {
  if (const auto* one = std::get_if<chat::MessageAppended>(&change))
    return "m" + std::to_string(one->message.seq);
  if (const auto* one = std::get_if<chat::MessageDelivered>(&change))
    return "d" + std::to_string(one->seq);
  return "r" + std::to_string(std::get<chat::MessagesRead>(change).seq);
}
using Heard = std::vector<std::string>;

chat::Feed::Subscriber into(Heard& heard) {
  return [&heard](const chat::ChangeBatchPtr& batch) {
    for (const chat::Change& one : batch->changes) heard.push_back(short_form(one));
  };
}

class FeedTest : public ::testing::Test {
 protected:
  FeedTest() {
    feed_.subscribe(context_.get_executor(), into(heard_));
    feed_.set_outlet(context_.get_executor(), into(sent_));
  }
  void settle() {
    context_.restart();
    context_.poll();
  }

  asio::io_context context_{1};
  SteadyTime now_{};
  Heard heard_, sent_;
  Feed feed_{Feed::Config{100, 60s, [this] { return now_; }}};
};

TEST_F(FeedTest, tells_subscribers_and_the_outlet_of_what_was_written_here) {
  feed_.publish({message(1), message(2), delivered(1)});
  settle();
  EXPECT_EQ(heard_, (Heard{"m1", "m2", "d1"}));
  EXPECT_EQ(sent_, heard_);
}

TEST_F(FeedTest, does_not_tell_the_outlet_of_what_came_from_there) {
  feed_.arrive({message(1)});
  settle();
  EXPECT_EQ(heard_, (Heard{"m1"}));
  EXPECT_TRUE(sent_.empty());
}

TEST_F(FeedTest, tells_a_message_once_wherever_it_comes_from) {
  feed_.publish({message(1)});
  feed_.arrive({message(1), message(2)});
  feed_.publish({message(2), message(3)});
  settle();
  EXPECT_EQ(heard_, (Heard{"m1", "m2", "m3"}));
  EXPECT_EQ(sent_, (Heard{"m1", "m3"}));
}

TEST_F(FeedTest, never_lets_a_message_come_after_a_later_one) {
  feed_.arrive({message(5)});
  feed_.arrive({message(4)});
  settle();
  EXPECT_EQ(heard_, (Heard{"m5"}));
}

TEST_F(FeedTest, keeps_the_order_of_what_its_own_thread_and_another_one_tell) {
  asio::post(context_, [this] {
    feed_.arrive({message(1)});
    std::thread([this] { feed_.publish({message(2)}); }).join();
  });
  settle();
  EXPECT_EQ(heard_, (Heard{"m1", "m2"}));
}

TEST_F(FeedTest, tells_of_a_gap_before_what_came_behind_it) {
  feed_.on_gap(context_.get_executor(), [this](chat::Version) { heard_.push_back("gap"); });
  asio::post(context_, [this] {
    feed_.gap(Time{});
    feed_.arrive({message(1)});
    std::thread([this] { feed_.publish({message(2)}); }).join();
  });
  settle();
  EXPECT_EQ(heard_, (Heard{"gap", "m1", "m2"}));
}

TEST_F(FeedTest, keeps_conversations_apart) {
  feed_.arrive({message(5, 1), message(1, 2)});
  settle();
  EXPECT_EQ(heard_, (Heard{"m5", "m1"}));
}

TEST_F(FeedTest, tells_receipts_that_move_only) {
  feed_.arrive({delivered(2), delivered(1), delivered(2), read(2), delivered(2), read(1), read(3)});
  feed_.arrive({delivered(3)});
  feed_.arrive({delivered(1, alice)});
  settle();
  EXPECT_EQ(heard_, (Heard{"d2", "r2", "r3", "d1"}));
}

TEST_F(FeedTest, tells_a_message_behind_its_receipts_with_the_status_that_they_gave_it) {
  const auto written = [](chat::Seq seq) {
    chat::Change change = message(seq);
    auto& appended = std::get<chat::MessageAppended>(change);
    appended.message.sender = alice;
    appended.message.receiver = bob;
    appended.unread = {{alice, 0}, {bob, seq}};
    return change;
  };
  const auto at = [](chat::Change change, Time time) {
    if (auto* one = std::get_if<chat::MessageDelivered>(&change)) one->at = time;
    if (auto* one = std::get_if<chat::MessagesRead>(&change)) one->at = time;
    return change;
  };
  std::vector<chat::MessageAppended> told;
  feed_.subscribe(context_.get_executor(), [&told](const chat::ChangeBatchPtr& batch) {
    for (const chat::Change& one : batch->changes) {
      if (const auto* appended = std::get_if<chat::MessageAppended>(&one))
        told.push_back(*appended);
    }
  });
  const Time early = from_unix_ms(1000), late = from_unix_ms(2000);
  feed_.arrive({at(read(1), early), at(delivered(2), late), at(read(3, alice), late)});
  feed_.publish({written(1), written(2), written(3)});
  settle();
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0].message.delivered_at, early);
  EXPECT_EQ(told[0].message.read_at, early);
  EXPECT_EQ(told[0].unread, (std::vector<chat::Unread>{{alice, 0}, {bob, 0}}));
  EXPECT_EQ(told[1].message.delivered_at, late);
  EXPECT_FALSE(told[1].message.read_at);
  EXPECT_EQ(told[1].unread.back().count, 1u);
  EXPECT_EQ(told[2].message.status(), chat::Status::sent);
}

TEST_F(FeedTest, counts_what_is_unread_behind_what_was_read_meanwhile) {
  std::vector<chat::Unread> told;
  feed_.subscribe(context_.get_executor(), [&told](const chat::ChangeBatchPtr& batch) {
    for (const chat::Change& one : batch->changes) {
      if (const auto* appended = std::get_if<chat::MessageAppended>(&one)) told = appended->unread;
    }
  });
  feed_.arrive({message(1), read(1)});
  chat::Change second = message(2);
  std::get<chat::MessageAppended>(second).unread = {{alice, 0}, {bob, 2}};
  feed_.arrive({second});
  settle();
  EXPECT_EQ(told, (std::vector<chat::Unread>{{alice, 0}, {bob, 1}}));
}

TEST_F(FeedTest, forgets_what_is_long_ago) {
  feed_.publish({message(1)});
  now_ += 61s;
  feed_.publish({message(1)});
  settle();
  EXPECT_EQ(heard_, (Heard{"m1", "m1"}));
}

TEST_F(FeedTest, completes_after_publishing_in_one_post) {
  struct Caller final : Waiting {
    Caller(Executor its, Heard& heard) : home(its), out(heard) {}
    void complete() override { out.push_back("done"); }
    const Executor* executor() const override { return &home; }
    Executor home;
    Heard& out;
  };
  std::vector<WaitingPtr> waiting;
  for (int i = 0; i < 3; ++i)
    waiting.push_back(std::make_unique<Caller>(context_.get_executor(), heard_));
  feed_.publish({message(1)}, std::move(waiting));
  context_.restart();
  EXPECT_EQ(context_.poll(), 2u) << "the outlet's, and one for all others";
  EXPECT_EQ(heard_, (Heard{"m1", "done", "done", "done"}));
}

TEST_F(FeedTest, completes_when_there_is_nothing_to_publish) {
  struct Caller final : Waiting {
    Caller(Executor its, bool& told) : home(its), done(told) {}
    void complete() override { done = true; }
    const Executor* executor() const override { return &home; }
    Executor home;
    bool& done;
  };
  bool done = false;
  std::vector<WaitingPtr> waiting;
  waiting.push_back(std::make_unique<Caller>(context_.get_executor(), done));
  feed_.publish({}, std::move(waiting));
  settle();
  EXPECT_TRUE(done);
  EXPECT_TRUE(heard_.empty());
}

TEST_F(FeedTest, says_that_it_knows_no_version_up_to_which_all_was_told) {
  EXPECT_EQ(feed_.subscribe(context_.get_executor(), into(heard_)),
            std::numeric_limits<chat::Version>::max());
}

TEST_F(FeedTest, hands_arrivals_to_who_takes_note_of_them) {
  Heard noted;
  feed_.set_arrived(into(noted));
  feed_.publish({message(1)});
  feed_.arrive({message(1), message(2)});
  feed_.arrive({message(2)});
  EXPECT_EQ(noted, (Heard{"m2"}));
}

TEST_F(FeedTest, tells_of_gaps) {
  const Time lost = from_unix_ms(1'760'000'000'000);
  std::vector<chat::Version> gaps;
  feed_.on_gap(context_.get_executor(), [&gaps](chat::Version since) { gaps.push_back(since); });
  feed_.gap(lost);
  settle();
  EXPECT_EQ(gaps, std::vector{VersionClock::floor_of(lost)});
}

TEST_F(FeedTest, follows_nobody_without_a_bus) {
  chat::fakes::run(context_, [](Feed& feed) -> Task<bool> {
    co_await feed.follow(alice);
    co_return true;
  }(feed_));
  feed_.unfollow(alice);
  EXPECT_FALSE(feed_.followed_since(alice));
}

TEST_F(FeedTest, follows_users_through_the_bus_and_says_since_when) {
  std::vector<chat::UserId> followed, left;
  feed_.set_bus({[&followed](chat::UserId user) -> Task<void> {
                   followed.push_back(user);
                   return [](Heard) -> Task<void> { co_return; }({});
                 },
                 [&left](chat::UserId user) { left.push_back(user); }});
  const auto follow = [](Feed& feed) -> Task<bool> {
    co_await feed.follow(alice);
    co_return true;
  };
  now_ += 1s;
  chat::fakes::run(context_, follow(feed_));
  EXPECT_EQ(feed_.followed_since(alice), now_);
  const SteadyTime first = now_;
  now_ += 1s;
  chat::fakes::run(context_, follow(feed_));
  EXPECT_EQ(feed_.followed_since(alice), first);
  feed_.unfollow(alice);
  EXPECT_EQ(feed_.followed_since(alice), first);
  feed_.gap(Time{});
  EXPECT_EQ(feed_.followed_since(alice), now_) << "what came before the gap is not all";
  feed_.unfollow(alice);
  EXPECT_FALSE(feed_.followed_since(alice));
  EXPECT_EQ(followed.size(), 2u);
  EXPECT_EQ(left.size(), 2u);
}

TEST_F(FeedTest, keeps_one_order_when_threads_publish_at_once) {
  Heard other;
  feed_.subscribe(context_.get_executor(), into(other));
  const auto talk = [this](std::uint8_t conversation) {
    for (chat::Seq seq = 1; seq <= 200; ++seq) {
      conversation % 2 ? feed_.publish({message(seq, conversation)})
                       : feed_.arrive({message(seq, conversation)});
    }
  };
  std::vector<std::thread> threads;
  for (std::uint8_t i = 1; i <= 4; ++i) threads.emplace_back(talk, i);
  for (std::thread& one : threads) one.join();
  settle();
  EXPECT_EQ(heard_.size(), 800u);
  EXPECT_EQ(heard_, other);
}

TEST(Seen, remembers_no_more_than_its_capacity) {
  Seen seen(10, 60s);
  for (std::uint8_t i = 0; i < 50; ++i) {
    chat::Change one = message(1, i);
    EXPECT_TRUE(seen.take(one, SteadyTime{}));
  }
  EXPECT_LE(seen.size(), 10u);
  chat::Change again = message(1, 49);
  EXPECT_FALSE(seen.take(again, SteadyTime{}));
}

}  // namespace
}  // namespace parley::store::mongo
