#include "nodes/presence.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "base/object_id.hpp"
#include "chat/fakes/run.hpp"
#include "nodes/failure_detector.hpp"
#include "redis/testing.hpp"

namespace parley::nodes {
namespace {

using namespace std::chrono_literals;
using chat::UserId;
using redis::testing::RedisServer;

constexpr auto patience = 20s;

Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

/// A process of its own, as far as Redis can see. It dies with the object, and says goodbye to
/// nobody.
class Node {
 public:
  enum class Looks { at_leases, at_subscriptions };
  explicit Node(const redis::Config& config, std::chrono::milliseconds lease = 30s,
                Looks looks = Looks::at_leases, std::chrono::milliseconds look = 10ms,
                std::chrono::milliseconds comeback = 0ms)
      : client_(shards_[0], config, "test"),
        listener_(shards_[0], config, "test"),
        presence_(shards_[0], client_, {lease, comeback, look},
                  looks == Looks::at_subscriptions ? &listener_ : nullptr) {
    presence_.on_change([this](UserId user, bool online) {
      const std::lock_guard lock{mutex_};
      events_.push_back({user, online});
    });
    shards_.start();
  }
  ~Node() { shards_.stop(); }

  bool arrive(UserId user, const std::string& device) {
    return *chat::fakes::run(context_, presence_.arrive(user, device, at(0)));
  }
  bool leave(UserId user, const std::string& device, Time now = at(1)) {
    return *chat::fakes::run(context_, presence_.leave(user, device, now));
  }
  std::vector<chat::Presence> status(std::vector<UserId> users) {
    return *chat::fakes::run(context_, presence_.status(std::move(users)));
  }
  chat::Presence status(UserId user) { return status(std::vector{user}).at(0); }
  bool is_online(UserId user) { return status(user).online; }
  void close() {
    const auto closing = [](Presence& presence) -> Task<bool> {
      co_await presence.close();
      co_return true;
    };
    chat::fakes::run(context_, closing(presence_));
  }
  Presence& presence() { return presence_; }
  redis::Client& client() { return client_; }
  net::Shard& shard() { return shards_[0]; }

  /// What on_change has said of a user so far: "+-" is online, then offline.
  std::string events(UserId user) const {
    const std::lock_guard lock{mutex_};
    std::string all;
    for (const auto& [who, online] : events_) {
      if (who == user) all += online ? '+' : '-';
    }
    return all;
  }
  std::size_t event_count() const {
    const std::lock_guard lock{mutex_};
    return events_.size();
  }

 private:
  mutable std::mutex mutex_;  ///< Guards events_: the shard writes, the test reads.
  std::vector<std::pair<UserId, bool>> events_;
  asio::io_context context_{1};
  net::Shards shards_{1};
  redis::Client client_;
  redis::Subscriber listener_;
  Presence presence_;
};

class PresenceTest : public ::testing::Test {
 protected:
  PresenceTest() : PresenceTest(true) {}
  explicit PresenceTest(bool keeps_data)
      : server_{{.append_only = keeps_data, .arguments = {"--appendfsync", "no"}}} {}

  static void until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited too long";
      std::this_thread::sleep_for(1ms);  // Between two looks.
    }
  }
  static void until_joined(Node& node) {
    until([&node] { return node.presence().is_joined(); });
  }
  std::unique_ptr<Node> node(std::chrono::milliseconds lease = 30s,
                             Node::Looks looks = Node::Looks::at_leases,
                             std::chrono::milliseconds look = 10ms) {
    redis::Config config = server_.config();
    config.command_timeout = 500ms;
    auto node = std::make_unique<Node>(config, lease, looks, look);
    until_joined(*node);
    return node;
  }
  /// One that looks after others: at those who were there before it, at once.
  std::unique_ptr<Node> watchful_node(std::chrono::milliseconds look = 10ms) {
    return node(30s, Node::Looks::at_subscriptions, look);
  }
  /// It does nothing else for the next ten seconds.
  static void until_it_has_looked(Node& node, std::uint64_t times) {
    const auto before = node.client().counts().commands;
    until([&] { return node.client().counts().commands > before + times; });
  }
  UserId user() { return UserId{ids_.next(at(0))}; }
  std::vector<UserId> users(std::size_t count) {
    std::vector<UserId> all(count);
    for (auto& one : all) one = user();
    return all;
  }
  std::optional<std::string> value(const std::string& key) {
    const auto reply = server_.call({"GET", key});
    return reply.text() != nullptr ? std::optional{*reply.text()} : std::nullopt;
  }
  std::size_t count_keys(const std::string& pattern) {
    return server_.call({"KEYS", pattern}).array()->size();
  }
  static std::string online_key(UserId user) { return "user:" + user.hex() + ":online"; }
  static std::string seen_key(UserId user) { return "user:" + user.hex() + ":lastSeen"; }

  RedisServer server_;  ///< Writes its data before it answers, without waiting for the disk.
  ObjectIdSource ids_;
};

TEST_F(PresenceTest, counts_the_devices_of_all_nodes) {
  const auto one = node(), two = node(), three = node();
  const UserId alice = user();
  EXPECT_TRUE(one->arrive(alice, "phone"));
  EXPECT_FALSE(two->arrive(alice, "laptop"));
  EXPECT_TRUE(three->is_online(alice));
  EXPECT_FALSE(one->leave(alice, "phone"));
  EXPECT_TRUE(three->is_online(alice));
  EXPECT_TRUE(two->leave(alice, "laptop", at(7)));
  EXPECT_EQ(three->status(alice), (chat::Presence{alice, false, at(7)}));
}

TEST_F(PresenceTest, knows_at_once_who_is_here) {
  const auto one = node(), two = node();
  const UserId alice = user();
  EXPECT_FALSE(one->presence().is_here(alice));
  one->arrive(alice, "phone");
  one->arrive(alice, "laptop");
  EXPECT_TRUE(one->presence().is_here(alice));
  EXPECT_FALSE(two->presence().is_here(alice));
  one->leave(alice, "phone");
  EXPECT_TRUE(one->presence().is_here(alice));
  one->leave(alice, "laptop");
  EXPECT_FALSE(one->presence().is_here(alice));
}

TEST_F(PresenceTest, can_be_read_by_node_servers) {
  const auto one = node();
  const UserId alice = user();
  one->arrive(alice, "phone");
  EXPECT_EQ(value(online_key(alice)), "1");
  one->leave(alice, "phone", at(7));
  EXPECT_EQ(value(online_key(alice)), std::nullopt);
  EXPECT_EQ(value(seen_key(alice)), std::to_string(to_unix_ms(at(7))));
  EXPECT_EQ(count_keys("parley:presence:*"), 0u);
  EXPECT_EQ(count_keys("parley:node:*"), 0u);
}

TEST_F(PresenceTest, believes_node_servers) {
  const auto one = node();
  const UserId alice = user();
  server_.call({"SET", online_key(alice), "1"});
  server_.call({"SET", seen_key(alice), "1760000000042"});
  EXPECT_EQ(one->status(alice), (chat::Presence{alice, true, at(42)}));
  EXPECT_FALSE(one->arrive(alice, "phone")) << "they are online already";
}

TEST_F(PresenceTest, does_not_believe_nonsense) {
  const auto one = node();
  const UserId alice = user(), bob = user();
  server_.call({"SET", online_key(alice), "yes"});
  server_.call({"RPUSH", online_key(bob), "1"});
  for (const auto* bad : {"", "soon", "nan", "-5", "1e300", "99999999999999999999"}) {
    server_.call({"SET", seen_key(alice), bad});
    EXPECT_EQ(one->status(alice), (chat::Presence{alice, false, std::nullopt})) << bad;
  }
  EXPECT_FALSE(one->is_online(bob));
}

TEST_F(PresenceTest, answers_for_500_users_and_more) {
  const auto one = node();
  const auto all = users(1'201);
  one->arrive(all[0], "phone");
  one->arrive(all[1'200], "phone");
  const auto answer = one->status(all);
  ASSERT_EQ(answer.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(answer[i].user, all[i]);
    EXPECT_EQ(answer[i].online, i == 0 || i == 1'200);
  }
}

TEST_F(PresenceTest, never_takes_back_when_somebody_was_last_seen) {
  const auto one = node(), two = node();
  const UserId alice = user();
  one->arrive(alice, "phone");
  EXPECT_TRUE(one->leave(alice, "phone", at(90)));
  two->arrive(alice, "phone");
  EXPECT_TRUE(two->leave(alice, "phone", at(60))) << "by a clock that is behind";
  EXPECT_EQ(one->status(alice).last_seen, at(90));
  EXPECT_EQ(value(seen_key(alice)), std::to_string(to_unix_ms(at(90))));
}

TEST_F(PresenceTest, calls_the_users_of_a_dead_node_offline_when_its_lease_is_over) {
  const auto reader = node();  // Its next look at other leases is 10 s from now.
  auto mortal = node(300ms);
  const UserId alice = user();
  mortal->arrive(alice, "phone");
  EXPECT_TRUE(reader->is_online(alice));
  const Time before = wall_now();
  mortal.reset();
  until([&] { return !reader->is_online(alice); });
  const auto seen = reader->status(alice).last_seen;
  ASSERT_TRUE(seen);
  EXPECT_GE(*seen, before - 300ms);
  EXPECT_LE(*seen, wall_now());
  EXPECT_EQ(value(online_key(alice)), "1") << "nobody has taken them out yet";
  EXPECT_EQ(reader->events(alice), "");
  EXPECT_TRUE(reader->arrive(alice, "laptop")) << "the dead node's device counts for nobody";
  EXPECT_TRUE(reader->leave(alice, "laptop", at(9)));
}

TEST_F(PresenceTest, tells_of_a_dead_process_long_before_its_lease_is_over) {
  auto mortal = watchful_node();
  const UserId alice = user();
  mortal->arrive(alice, "phone");
  const auto one = watchful_node(), two = watchful_node();
  for (const auto& node : {one.get(), two.get()}) until_it_has_looked(*node, 2);
  const Time died = wall_now();
  mortal.reset();
  until([&] { return one->event_count() + two->event_count() > 0; });
  EXPECT_EQ(one->events(alice) + two->events(alice), "-");
  EXPECT_FALSE(one->is_online(alice));
  const auto seen = two->status(alice).last_seen;
  ASSERT_TRUE(seen);
  EXPECT_GE(*seen, died);
  EXPECT_LE(*seen, wall_now());
}

TEST_F(PresenceTest, leaves_a_node_alone_that_never_had_a_subscription) {
  const auto older = node();
  const UserId alice = user();
  older->arrive(alice, "phone");
  const auto one = watchful_node();
  until_it_has_looked(*one, 3 * FailureDetector::looks);
  EXPECT_TRUE(one->is_online(alice));
  EXPECT_EQ(one->event_count(), 0u);
}

TEST_F(PresenceTest, leaves_a_node_alone_whose_subscription_is_away_until_it_dies) {
  constexpr auto look = 50ms;  // So long that a busy machine delays no node by several.
  auto suspect = watchful_node(look);
  const UserId alice = user();
  suspect->arrive(alice, "phone");
  const auto one = watchful_node(look);
  until_it_has_looked(*one, 4);
  // The connection of commands stays.
  const auto before = one->client().counts().commands;
  until([&] {
    server_.call({"CLIENT", "KILL", "TYPE", "pubsub"});
    return one->client().counts().commands > before + 8 * FailureDetector::looks;
  });
  EXPECT_EQ(one->events(alice), "");
  EXPECT_TRUE(one->is_online(alice));
  suspect.reset();
  until([&] { return one->events(alice) == "-"; });
}

TEST_F(PresenceTest, takes_each_user_of_a_dead_node_out_once) {
  const auto one = node(2s), two = node(2s);  // Long enough for a busy machine.
  auto mortal = node(400ms), other_mortal = node(400ms);
  const auto all = users(1'300);
  for (const UserId one_user : all) mortal->arrive(one_user, "phone");
  const UserId moved = user(), twice = user();
  mortal->arrive(moved, "phone");
  one->arrive(moved, "laptop");
  mortal->arrive(twice, "phone");
  other_mortal->arrive(twice, "phone");
  mortal.reset();
  other_mortal.reset();
  until([&] { return one->event_count() + two->event_count() >= all.size() + 1; });
  until([&] { return server_.call({"ZCARD", "parley:nodes"}) == redis::Reply{std::int64_t{2}}; });
  for (const UserId one_user : all) {
    EXPECT_EQ(one->events(one_user) + two->events(one_user), "-");
  }
  EXPECT_EQ(one->events(twice) + two->events(twice), "-");
  EXPECT_EQ(one->events(moved) + two->events(moved), "");
  EXPECT_TRUE(two->is_online(moved));
  EXPECT_TRUE(two->status(all[0]).last_seen);
  EXPECT_EQ(value(online_key(all[0])), std::nullopt);
  EXPECT_NE(value(seen_key(all[0])), std::nullopt);
  EXPECT_EQ(count_keys("parley:presence:*"), 1u);
  EXPECT_EQ(count_keys("parley:node:*"), 1u);
  EXPECT_EQ(one->presence().counts().reaped + two->presence().counts().reaped, all.size() + 1);
}

TEST_F(PresenceTest, takes_out_what_the_last_node_left) {
  auto mortal = node(300ms);
  const UserId alice = user();
  mortal->arrive(alice, "phone");
  mortal.reset();
  const auto heir = node(2s);
  until([&] { return heir->events(alice) == "-"; });
  EXPECT_FALSE(heir->is_online(alice));
  EXPECT_EQ(count_keys("parley:presence:*"), 0u);
}

TEST_F(PresenceTest, goes_offline_at_once_when_it_is_closed) {
  const auto one = node(), two = node();
  const auto all = users(700);
  for (const UserId one_user : all) one->arrive(one_user, "phone");
  two->arrive(all[0], "laptop");
  one->close();
  EXPECT_TRUE(two->is_online(all[0]));
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(one->events(all[i]), "-");
  EXPECT_FALSE(two->is_online(all[1]));
  EXPECT_TRUE(two->status(all[1]).last_seen);
  EXPECT_EQ(count_keys("parley:node:*"), 1u);
  one->close();
  EXPECT_FALSE(one->is_online(all[1])) << "who hears of it asks";
  EXPECT_FALSE(one->leave(all[1], "phone")) << "that was told already";
}

TEST_F(PresenceTest, answers_from_what_is_here_while_redis_is_away) {
  const auto one = node();
  const UserId alice = user(), bob = user();
  one->arrive(alice, "phone");
  server_.stop();
  until([&] { return !one->client().is_connected(); });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(one->is_online(alice));
  EXPECT_FALSE(one->arrive(alice, "laptop"));
  EXPECT_FALSE(one->leave(alice, "phone"));
  EXPECT_TRUE(one->leave(alice, "laptop", at(5)));
  EXPECT_EQ(one->status(alice), (chat::Presence{alice, false, at(5)}));
  EXPECT_TRUE(one->arrive(bob, "phone"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 250ms);
  EXPECT_FALSE(one->presence().is_joined());
}

TEST_F(PresenceTest, knows_who_is_elsewhere_while_redis_refuses_writes) {
  const auto one = node(), two = node();
  const UserId alice = user(), bob = user(), cat = user(), dan = user();
  one->arrive(alice, "phone");
  one->arrive(dan, "phone");
  two->arrive(dan, "laptop");
  two->arrive(bob, "phone");
  server_.call({"CONFIG", "SET", "min-replicas-to-write", "1"});
  EXPECT_TRUE(one->arrive(cat, "phone"));
  until([&] { return !one->presence().is_joined(); });
  EXPECT_FALSE(one->presence().is_settled());
  EXPECT_TRUE(one->leave(alice, "phone", at(5)));
  EXPECT_TRUE(one->leave(dan, "phone", at(6)));
  EXPECT_EQ(one->status(alice), (chat::Presence{alice, false, at(5)}));
  EXPECT_TRUE(one->is_online(bob)) << "elsewhere, as before";
  EXPECT_TRUE(one->is_online(cat)) << "here, which Redis does not know";
  EXPECT_TRUE(one->is_online(dan)) << "elsewhere, too";
}

TEST_F(PresenceTest, tells_all_at_once_when_redis_takes_writes_again) {
  const auto one = node(1h), two = node(1h);  // Whose turns are no help.
  const UserId stays = user(), goes = user(), comes = user();
  one->arrive(stays, "phone");
  one->arrive(goes, "phone");
  for (const char* limit : {"maxmemory", "min-replicas-to-write"}) {
    server_.call({"CONFIG", "SET", limit, "1"});
    EXPECT_TRUE(one->arrive(comes, "phone"));
    until([&] { return !one->presence().is_joined(); });
    EXPECT_TRUE(one->leave(goes, "phone", at(5)));
    server_.call({"CONFIG", "SET", limit, "0"});
    until_joined(*one);
    until_joined(*two);
    EXPECT_TRUE(two->is_online(stays));
    EXPECT_TRUE(two->is_online(comes));
    EXPECT_EQ(two->status(goes), (chat::Presence{goes, false, at(5)}));
    EXPECT_EQ(one->events(stays), "") << "nobody was told that they went";
    one->leave(comes, "phone");
    one->arrive(goes, "phone");
  }
}

TEST_F(PresenceTest, lets_others_come_back_whose_leases_ended_while_redis_refused_writes) {
  redis::Config late = server_.config();
  late.refused_again = 500ms;
  Node one{server_.config(), 300ms, Node::Looks::at_leases, 10ms, 2s}, two{late, 300ms};
  until_joined(one);
  until_joined(two);
  const UserId stays = user(), dies = user();
  two.arrive(stays, "phone");
  auto mortal = node(300ms);
  mortal->arrive(dies, "phone");
  server_.call({"CONFIG", "SET", "maxmemory", "1"});
  until([&] { return !one.client().takes_writes() && !two.client().takes_writes(); });
  mortal.reset();
  until([&] { return !one.is_online(stays); });  // Its lease is over.
  server_.call({"CONFIG", "SET", "maxmemory", "0"});
  until_joined(one);
  until([&] { return one.is_online(stays); });
  until([&] { return one.events(dies) + two.events(dies) == "-"; });
  EXPECT_EQ(one.events(stays) + two.events(stays), "");
}

TEST_F(PresenceTest, is_settled_a_lease_after_redis_came_back) {
  const auto patient = node(30s), hasty = node(300ms);
  EXPECT_TRUE(patient->presence().is_settled());
  server_.stop();
  until([&] { return !patient->client().is_connected() && !hasty->client().is_connected(); });
  EXPECT_FALSE(hasty->presence().is_settled());
  server_.start_again();
  until_joined(*patient);
  EXPECT_FALSE(patient->presence().is_settled()) << "others may still be on their way";
  until([&] { return hasty->presence().is_settled(); });
}

TEST_F(PresenceTest, begins_without_redis) {
  redis::Config config = server_.config();
  server_.stop();
  Node one{config};
  const UserId alice = user();
  EXPECT_TRUE(one.arrive(alice, "phone"));
  EXPECT_TRUE(one.is_online(alice));
  server_.start_again();
  const auto two = node();
  until([&] { return two->is_online(alice); });
  until([&] { return one.events(alice) == "+"; });
}

/// Redis comes back with its data (true) or empty.
class PresenceAfterRestart : public PresenceTest, public ::testing::WithParamInterface<bool> {
 protected:
  PresenceAfterRestart() : PresenceTest(GetParam()) {}
};

TEST_P(PresenceAfterRestart, is_told_everything_again) {
  const auto one = node(), two = node();
  const UserId stays = user(), goes = user(), comes = user(), passes = user(), moves = user();
  one->arrive(stays, "phone");
  one->arrive(goes, "phone");
  one->arrive(moves, "phone");
  two->arrive(moves, "phone");
  server_.stop();
  until([&] { return !one->client().is_connected() && !two->client().is_connected(); });
  EXPECT_TRUE(one->leave(goes, "phone", at(5)));
  EXPECT_TRUE(one->leave(moves, "phone", at(6))) << "as far as this node can know";
  one->arrive(comes, "phone");
  one->arrive(comes, "laptop");
  one->arrive(passes, "phone");
  one->leave(passes, "phone", at(8));
  server_.start_again();
  until_joined(*one);
  until_joined(*two);
  until([&] { return two->is_online(stays) && two->is_online(comes) && two->is_online(moves); });
  EXPECT_EQ(two->status(goes), (chat::Presence{goes, false, at(5)}));
  EXPECT_EQ(two->status(passes), (chat::Presence{passes, false, at(8)}));
  EXPECT_FALSE(two->arrive(comes, "tablet"));
  EXPECT_FALSE(two->leave(comes, "tablet"));
  EXPECT_FALSE(one->leave(comes, "phone"));
  EXPECT_TRUE(one->leave(comes, "laptop"));
  EXPECT_EQ(one->events(goes), "-");
  EXPECT_EQ(one->events(comes), "+");
  EXPECT_EQ(one->events(stays), "") << "nobody was told that they went";
  EXPECT_TRUE(one->leave(stays, "phone", at(10)));
  EXPECT_EQ(two->status(stays), (chat::Presence{stays, false, at(10)}));
}

INSTANTIATE_TEST_SUITE_P(DataOrEmpty, PresenceAfterRestart, ::testing::Bool());

TEST_F(PresenceTest, corrects_what_was_said_of_users_who_are_online_elsewhere) {
  const auto one = node(), two = node();
  const UserId alice = user();
  one->arrive(alice, "phone");
  two->arrive(alice, "phone");
  server_.stop();
  until([&] { return !one->client().is_connected() && !two->client().is_connected(); });
  EXPECT_TRUE(one->leave(alice, "phone"));
  server_.start_again();
  until([&] { return one->events(alice) == "+"; });
  EXPECT_TRUE(one->is_online(alice));
}

TEST_F(PresenceTest, comes_back_when_others_thought_it_dead) {
  const auto one = node(300ms), two = node(2s);
  const UserId alice = user();
  one->arrive(alice, "phone");
  std::promise<void> go_on;
  one->shard().post([waits = go_on.get_future().share()] { waits.wait(); });
  until([&] { return two->events(alice) == "-"; });
  EXPECT_FALSE(two->is_online(alice));
  go_on.set_value();
  until([&] { return two->is_online(alice); });
  until([&] { return one->events(alice) == "+"; });
  EXPECT_TRUE(one->leave(alice, "phone"));
}

TEST_F(PresenceTest, comes_back_when_redis_forgets) {
  const auto one = node(300ms);
  const UserId alice = user();
  one->arrive(alice, "phone");
  server_.call({"FLUSHALL"});
  until([&] { return one->is_online(alice); });
}

TEST_F(PresenceTest, waits_no_longer_than_the_command_timeout) {
  const auto one = node();
  const UserId alice = user();
  server_.pause();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(one->arrive(alice, "phone"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  const auto later = std::chrono::steady_clock::now();
  EXPECT_TRUE(one->is_online(alice));
  EXPECT_FALSE(one->arrive(alice, "laptop"));
  EXPECT_LT(std::chrono::steady_clock::now() - later, 250ms);
  server_.resume();
  const auto two = node();
  until_joined(*one);
  EXPECT_TRUE(two->is_online(alice));
  EXPECT_FALSE(one->leave(alice, "phone"));
  EXPECT_TRUE(one->leave(alice, "laptop"));
  EXPECT_FALSE(two->is_online(alice)) << "what the lost connection said counts no more";
  EXPECT_EQ(count_keys("parley:node:*"), 0u);
}

TEST_F(PresenceTest, is_not_stopped_by_one_user_whose_keys_are_broken) {
  auto one = node(2s);
  const UserId alice = user(), bob = user();
  server_.call({"SET", "parley:presence:" + alice.hex(), "broken"});
  server_.call({"RPUSH", seen_key(bob), "broken"});
  EXPECT_TRUE(one->arrive(alice, "phone"));
  EXPECT_TRUE(one->arrive(bob, "phone"));
  const auto joins = one->presence().counts().joins;
  until([&] { return one->presence().counts().joins > joins; });
  until_joined(*one);
  const auto two = node(2s);
  const auto both = two->status({alice, bob});
  EXPECT_TRUE(both[1].online);
  EXPECT_EQ(two->presence().counts().local_answers, 0u);
  server_.call({"SADD", "parley:node:dead:users", alice.hex(), bob.hex()});
  server_.call({"ZADD", "parley:nodes", "1", "dead"});
  one.reset();
  until([&] { return two->events(bob) == "-"; });
  until([&] { return server_.call({"ZCARD", "parley:nodes"}) == redis::Reply{std::int64_t{1}}; });
  EXPECT_TRUE(two->status(bob).last_seen);
}

TEST_F(PresenceTest, counts_right_while_it_joins) {
  const auto one = node();
  const auto all = users(1'500);
  for (const UserId one_user : all) one->arrive(one_user, "phone");
  server_.stop();
  until([&] { return !one->client().is_connected(); });
  server_.start_again();
  until([&] { return one->client().is_connected(); });
  // Some leave and come while the others are being told.
  for (std::size_t i = 0; i < all.size(); i += 2) one->leave(all[i], "phone");
  for (std::size_t i = 0; i < all.size(); i += 4) one->arrive(all[i], "laptop");
  until_joined(*one);
  const auto two = node();
  const auto answer = two->status(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(answer[i].online, i % 2 == 1 || i % 4 == 0) << i;
  }
  EXPECT_EQ(count_keys("parley:presence:*"), 1'125u);
}

}  // namespace
}  // namespace parley::nodes
