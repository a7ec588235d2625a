#include "app/bouncer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "chat/fakes/memory_stores.hpp"
#include "chat/fakes/run.hpp"
#include "net/workers.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;

/// A store that knows of ended logins, unless it is away, and of nothing else.
class Endings : public chat::OperatorStore {
 public:
  using Accounts = std::vector<chat::Account>;
  Task<Result<Accounts>> accounts(std::optional<chat::UserId>, std::size_t) override {
    co_return Accounts{};
  }
  Task<Result<chat::Account>> set_disabled(chat::UserId, bool, Time) override { co_return none(); }
  Task<Result<std::vector<chat::UserId>>> disabled(Time) override { co_return barred; }
  Task<Result<std::vector<chat::Ending>>> ended(Time since, std::size_t) override {
    asked.push_back(since);
    if (is_away) co_return fail(Errc::unavailable, "away");
    std::vector<chat::Ending> found;
    for (const chat::Ending& one : endings)
      if (one.at >= since) found.push_back(one);
    co_return found;
  }
  Task<Result<chat::Account>> erase(chat::UserId, chat::SentTexts, Time) override {
    co_return none();
  }
  Task<Result<std::vector<chat::Login>>> logins(chat::UserId) override {
    co_return std::vector<chat::Login>{};
  }
  Task<Result<chat::MessagePlace>> place_of(chat::MessageId) override { co_return none(); }

  std::vector<chat::UserId> barred;
  std::vector<chat::Ending> endings;
  std::vector<Time> asked;
  bool is_away = false;

 private:
  static Error none() { return fail(Errc::not_found); }
};

class BouncerTest : public ::testing::Test {
 protected:
  static chat::Ending ending(std::uint8_t number, Time at) {
    chat::Ending one{{}, chat::FamilyId{}, at};
    one.family->bytes[11] = number;
    return one;
  }
  bool is_refused(const chat::Ending& login) {
    return bars.has_ended({login.user, login.family, "token", login.at - 1min, login.at + 14min});
  }

  Time now{1'760'000'000s};
  net::Shards shards{1};
  asio::io_context early{1};
  Endings store;
  chat::Bars bars;
  std::vector<chat::UserId> closed;
  std::vector<chat::Ending> closed_logins;
  Bouncer bouncer{shards[0],
                  store,
                  {bars, [this](chat::UserId user) { closed.push_back(user); },
                   [this](const std::vector<chat::Ending>& logins) {
                     closed_logins.insert(closed_logins.end(), logins.begin(), logins.end());
                   }},
                  {15min, 7 * 24h, [this] { return now; }}};
};

TEST_F(BouncerTest, knows_what_was_before_it_begins) {
  store.barred = {chat::UserId{}};
  store.endings = {ending(1, now - 14min), ending(2, now - 1s)};
  bouncer.begin(early);
  EXPECT_EQ(closed, store.barred);
  EXPECT_EQ(closed_logins, store.endings);
  for (const chat::Ending& login : store.endings) EXPECT_TRUE(is_refused(login));
  EXPECT_LE(store.asked.at(0), now - 15min);
}

TEST_F(BouncerTest, shows_a_login_the_door_once) {
  store.endings = {ending(1, now - 1s)};
  bouncer.begin(early);
  asio::io_context context{1};
  const auto look = [](Bouncer* asked) -> Task<Done> {
    co_await asked->look();
    co_return Done{};
  };
  chat::fakes::run(context, look(&bouncer));
  EXPECT_EQ(closed_logins.size(), 1u);
  store.endings.push_back(ending(2, now));
  chat::fakes::run(context, look(&bouncer));
  EXPECT_EQ(closed_logins, store.endings);
}

TEST_F(BouncerTest, misses_nothing_while_the_store_is_away) {
  bouncer.begin(early);
  now += 5s;
  store.is_away = true;
  store.endings = {ending(1, now)};
  bouncer.begin(early);
  now += 10min;
  bouncer.begin(early);
  EXPECT_TRUE(closed_logins.empty());
  store.is_away = false;
  bouncer.begin(early);
  EXPECT_EQ(closed_logins, store.endings);
  EXPECT_TRUE(is_refused(store.endings[0]));
  bouncer.begin(early);
  EXPECT_EQ(store.asked.back(), now - Bouncer::overlap);
}

TEST_F(BouncerTest, forgets_nothing_because_the_stores_clock_is_ahead) {
  const Time here = wall_now();
  const chat::Ending own = ending(1, here);
  bars.end(own, here + 15min);
  now = here + 1h;
  store.endings = {ending(2, now)};
  bouncer.begin(early);
  EXPECT_TRUE(is_refused(own));
  EXPECT_TRUE(is_refused(store.endings[0]));
}

TEST_F(BouncerTest, refuses_the_originals_tokens_by_the_time_at_which_all_logins_ended) {
  now = wall_now();
  const chat::UserId ann{};
  const auto is_in = [&](Time issued) { return !bars.has_ended({ann, {}, {}, issued, now + 1h}); };
  store.endings = {{ann, chat::originals_of(ann), now - 10min}};
  bouncer.begin(early);
  EXPECT_EQ(closed_logins, store.endings);
  EXPECT_FALSE(is_in(now - 11min));
  EXPECT_TRUE(is_in(now - 9min)) << "a token that came after";
  bouncer.begin(early);
  EXPECT_EQ(closed_logins.size(), 1u);
  store.endings = {{ann, chat::originals_of(ann), now - 1min}};
  bouncer.begin(early);
  EXPECT_FALSE(is_in(now - 9min));
}

/// Answers from a thread, which may still be waking whoever asked when they go on.
class Threaded final : public Endings {
 public:
  Task<Result<std::vector<chat::Ending>>> ended(Time, std::size_t) override {
    auto work = [this] { return Result<std::vector<chat::Ending>>{endings}; };
    co_return co_await threads_.run(std::move(work));
  }

 private:
  net::Workers threads_{{1, 1}};
};

/// Only ThreadSanitizer and luck tell of a context that is gone too soon.
TEST(Bouncer, asks_threads_in_a_context_that_outlives_them) {
  for (int round = 0; round < 50; ++round) {
    net::Shards shards{1};
    asio::io_context early{1};
    Threaded store;
    store.endings = {{chat::UserId{}, chat::FamilyId{}, wall_now()}};
    chat::Bars bars;
    std::size_t closed = 0;
    Bouncer bouncer{
        shards[0],
        store,
        {bars, [](chat::UserId) {},
         [&closed](const std::vector<chat::Ending>& logins) { closed += logins.size(); }},
        {15min, 7 * 24h, wall_now}};
    bouncer.begin(early);
    EXPECT_EQ(closed, 1u);
  }
}

/// Answers as the memory does, and the first question after the second.
class OutOfOrder final : public chat::OperatorStore {
 public:
  explicit OutOfOrder(chat::OperatorStore& store) : store_(store) {}

  Task<Result<std::vector<chat::UserId>>> disabled(Time deleted_since) override {
    const bool is_first = ++asked_ == 1;
    auto found = co_await store_.disabled(deleted_since);
    const Executor executor = co_await asio::this_coro::executor;
    constexpr asio::use_awaitable_t<Executor> token{};
    while (is_first && answered_ == 0) co_await asio::post(executor, token);
    ++answered_;
    co_return found;
  }

  Task<Result<std::vector<chat::Account>>> accounts(std::optional<chat::UserId> after,
                                                    std::size_t limit) override {
    return store_.accounts(after, limit);
  }
  Task<Result<chat::Account>> set_disabled(chat::UserId id, bool disabled, Time now) override {
    return store_.set_disabled(id, disabled, now);
  }
  Task<Result<std::vector<chat::Ending>>> ended(Time since, std::size_t limit) override {
    return store_.ended(since, limit);
  }
  Task<Result<chat::Account>> erase(chat::UserId id, chat::SentTexts texts, Time now) override {
    return store_.erase(id, texts, now);
  }
  Task<Result<std::vector<chat::Login>>> logins(chat::UserId user) override {
    return store_.logins(user);
  }
  Task<Result<chat::MessagePlace>> place_of(chat::MessageId id) override {
    return store_.place_of(id);
  }

 private:
  chat::OperatorStore& store_;
  int asked_ = 0, answered_ = 0;
};

class BouncerOnMemoryTest : public ::testing::Test {
 protected:
  BouncerOnMemoryTest() {
    chat::Account ann;
    ann.id = ann_;
    ann.username = "ann";
    ann.email = "ann@example.org";
    EXPECT_TRUE(run(stores_.accounts.create(ann)));
  }
  template <class T>
  T run(Task<T> task) {
    return chat::fakes::run(context_, std::move(task));
  }
  Task<bool> look(Bouncer& bouncer, Time now) {
    clock_ = now;
    co_await bouncer.look();
    co_return true;
  }
  /// Finds her disabled.
  Task<bool> disable_and_look(Bouncer& bouncer) {
    const auto disabled = co_await stores_.operators.set_disabled(ann_, true, now_);
    EXPECT_TRUE(disabled);
    co_await bouncer.look();
    co_return true;
  }
  Bouncer::Doors doors() {
    return {bars_, [this](chat::UserId user) { closed_.push_back(user); },
            [](const std::vector<chat::Ending>&) {}};
  }
  Bouncer::Times times() {
    return {15min, 24h, [this] { return clock_; }};
  }

  const chat::UserId ann_ = *chat::UserId::parse("507f1f77bcf86cd799439011");
  const Time now_ = from_unix_ms(1'750'000'000'000);
  Time clock_ = now_;
  asio::io_context context_;
  net::Shards shards_{1};
  chat::fakes::MemoryStores stores_;
  chat::Bars bars_;
  std::vector<chat::UserId> closed_;
};

TEST_F(BouncerOnMemoryTest, shows_those_the_door_who_are_disabled) {
  Bouncer bouncer(shards_[0], stores_.operators, doors(), times());
  ASSERT_TRUE(run(stores_.operators.set_disabled(ann_, true, now_)));
  run(look(bouncer, now_));
  EXPECT_TRUE(bars_.has(ann_));
  run(look(bouncer, now_ + 1s));
  EXPECT_EQ(closed_, std::vector{ann_});
  ASSERT_TRUE(run(stores_.operators.set_disabled(ann_, false, now_)));
  run(look(bouncer, now_ + 2s));
  EXPECT_FALSE(bars_.has(ann_));
}

TEST_F(BouncerOnMemoryTest, stays_with_the_later_of_two_answers) {
  OutOfOrder store(stores_.operators);
  Bouncer bouncer(shards_[0], store, doors(), times());
  std::vector<Task<bool>> looks;
  looks.push_back(look(bouncer, now_));
  looks.push_back(disable_and_look(bouncer));
  chat::fakes::run_all(context_, std::move(looks));
  EXPECT_TRUE(bars_.has(ann_));
}

TEST_F(BouncerOnMemoryTest, bars_those_deleted_by_a_node_whose_clock_is_another) {
  Bouncer bouncer(shards_[0], stores_.operators, doors(), times());
  ASSERT_TRUE(run(stores_.operators.erase(ann_, chat::SentTexts::kept, now_)));
  run(look(bouncer, now_ + 1h));
  EXPECT_TRUE(bars_.has(ann_)) << "one hour behind ours";
  run(look(bouncer, now_ + 24h * 30));
  EXPECT_FALSE(bars_.has(ann_)) << "for ever";
}

}  // namespace
}  // namespace parley::app
