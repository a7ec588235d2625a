#include "socketio/recovery.hpp"

#include <gtest/gtest.h>

namespace parley::socketio {
namespace {

SteadyTime at(int seconds) {
  return SteadyTime{} + std::chrono::hours{24} + std::chrono::seconds{seconds};
}

RecoveryConfig config(std::size_t packets = 100, std::size_t sessions = 100) {
  RecoveryConfig config;
  config.enabled = true;
  config.max_packets = packets;
  config.max_sessions = sessions;
  return config;
}

SharedEvent event(std::string_view name) {
  return std::make_shared<const EncodedEvent>("/", name, Payload{});
}

Recovery::Session session(std::string pid, std::vector<std::string> rooms, int seconds) {
  return {"sid of " + pid, pid, std::move(rooms), {}, nullptr, at(seconds)};
}

std::vector<std::string> names(const std::vector<SharedLogged>& events) {
  std::vector<std::string> texts;
  for (const auto& logged : events) texts.emplace_back(logged->event->text());
  return texts;
}

TEST(Recovery, gives_what_was_sent_behind_the_offset) {
  const auto limits = config();
  Recovery recovery{limits, 0, 1};
  const Stamp first = recovery.stamp(true);
  recovery.log(first, event("a"), {}, at(0));
  recovery.log(recovery.stamp(true), event("b"), {{"room"}, {}}, at(1));
  recovery.log(recovery.stamp(true), event("elsewhere"), {{"other"}, {}}, at(1));
  recovery.log(recovery.stamp(true), event("excepted"), {{}, {"room"}}, at(1));
  recovery.remember(session("p", {"room"}, 2));
  recovery.log(recovery.stamp(true), event("c"), {}, at(3));
  const auto restored = recovery.take("p", first.offset(), at(4));
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->sid, "sid of p");
  EXPECT_EQ(restored->rooms, (std::vector<std::string>{"room"}));
  EXPECT_EQ(names(restored->missed), (std::vector<std::string>{R"(2["b"])", R"(2["c"])"}));
}

TEST(Recovery, restores_a_session_once) {
  const auto limits = config();
  Recovery recovery{limits, 0, 1};
  const Stamp stamp = recovery.stamp(true);
  recovery.log(stamp, event("a"), {}, at(0));
  recovery.remember(session("p", {}, 0));
  EXPECT_TRUE(recovery.take("p", stamp.offset(), at(0)));
  EXPECT_FALSE(recovery.take("p", stamp.offset(), at(0)));
}

TEST(Recovery, refuses_unknown_offsets) {
  const auto limits = config();
  Recovery recovery{limits, 0, 1};
  for (const char* offset : {"", "x", "0", "0-", "-1", "0-1", "0-2x", "1-1",
                             "99999999999999999999-1", "0-99999999999999999999999"}) {
    recovery.remember(session("p", {}, 0));
    EXPECT_FALSE(recovery.take("p", offset, at(0))) << offset;
  }
  EXPECT_FALSE(recovery.take("nobody", "0-1", at(0)));
}

TEST(Recovery, forgets_what_is_too_old) {
  const auto limits = config();
  Recovery recovery{limits, 0, 1};
  const Stamp stamp = recovery.stamp(true);
  recovery.log(stamp, event("a"), {}, at(0));
  recovery.remember(session("p", {}, 100));
  EXPECT_FALSE(
      recovery.take("p", stamp.offset(), at(121)));  // the event is gone, the session is not
  recovery.remember(session("q", {}, 121));
  EXPECT_FALSE(recovery.take("q", stamp.offset(), at(300)));
  EXPECT_EQ(recovery.sessions(), 0U);
  EXPECT_EQ(recovery.log_size(), 0U);
}

TEST(Recovery, is_bounded) {
  const auto limits = config(3, 2);
  Recovery recovery{limits, 0, 1};
  for (int i = 0; i < 10; ++i) recovery.log(recovery.stamp(true), event("a"), {}, at(0));
  EXPECT_EQ(recovery.log_size(), 3U);
  for (const char* pid : {"p", "q", "r"}) recovery.remember(session(pid, {}, 0));
  EXPECT_EQ(recovery.sessions(), 2U);
  for (int i = 0; i < 1000; ++i) {
    recovery.take("p", "0-10", at(0));
    recovery.remember(session("p", {}, 0));
  }
  EXPECT_LE(recovery.sessions(), 2U);
}

TEST(Recovery, knows_after_which_reasons_a_client_may_come_back) {
  for (const char* reason : {"transport error", "transport close", "forced close", "ping timeout",
                             "server shutting down", "forced server close"}) {
    EXPECT_TRUE(Recovery::is_recoverable(reason)) << reason;
  }
  for (const char* reason :
       {"client namespace disconnect", "server namespace disconnect", "parse error"}) {
    EXPECT_FALSE(Recovery::is_recoverable(reason)) << reason;
  }
}

/// Two shards that get the same broadcasts, in orders of their own.
class RecoveryOfTwoShards : public testing::Test {
 protected:
  static void both(Recovery& first, Recovery& second, const Stamp& stamp, const char* name) {
    first.log(stamp, event(name), {}, at(0));
    second.log(stamp, event(name), {}, at(0));
  }
  RecoveryConfig limits_ = config();
  Recovery a_{limits_, 0, 2}, b_{limits_, 1, 2};
};

TEST_F(RecoveryOfTwoShards, adds_what_the_new_shard_got_and_the_old_had_not) {
  const Stamp start = a_.stamp(true);
  both(a_, b_, start, "start");
  a_.remember(session("p", {}, 0));
  const Stamp missed = b_.stamp(true);
  both(a_, b_, missed, "missed");
  const Stamp late = b_.stamp(true);
  b_.log(late, event("late"), {}, at(0));  // on its way to a
  auto restored = a_.take("p", start.offset(), at(1));
  ASSERT_TRUE(restored);
  EXPECT_TRUE(b_.has_seen(restored->seen));
  b_.complete(*restored);
  EXPECT_EQ(names(restored->missed), (std::vector<std::string>{R"(2["missed"])", R"(2["late"])"}));
}

TEST_F(RecoveryOfTwoShards, waits_for_what_the_old_shard_had_and_the_new_has_not) {
  const Stamp start = a_.stamp(true);
  both(a_, b_, start, "start");
  a_.remember(session("p", {}, 0));
  const Stamp own = a_.stamp(true);
  a_.log(own, event("own"), {}, at(0));
  auto restored = a_.take("p", start.offset(), at(1));
  ASSERT_TRUE(restored);
  EXPECT_FALSE(b_.has_seen(restored->seen));
  b_.log(own, event("own"), {}, at(0));
  EXPECT_TRUE(b_.has_seen(restored->seen));
  b_.complete(*restored);
  EXPECT_EQ(names(restored->missed), (std::vector<std::string>{R"(2["own"])"}));
}

TEST_F(RecoveryOfTwoShards, finds_a_second_time_what_it_replayed_the_first_time) {
  const Stamp start = a_.stamp(true);
  both(a_, b_, start, "start");
  const Stamp alone = a_.stamp(false);  // to one socket: never on b
  a_.log(alone, event("alone"), {}, at(0));
  const Stamp second = a_.stamp(true);
  both(a_, b_, second, "second");
  a_.remember(session("p", {}, 0));
  auto restored = a_.take("p", start.offset(), at(1));
  ASSERT_TRUE(restored);
  const auto replay = b_.complete(*restored);
  EXPECT_EQ(names(restored->missed), (std::vector<std::string>{R"(2["alone"])", R"(2["second"])"}));

  auto again = session("p", {}, 2);
  again.replay = replay;  // the client had got "alone" of it
  b_.remember(std::move(again));
  const Stamp third = a_.stamp(true);
  both(a_, b_, third, "third");
  const auto twice = b_.take("p", alone.offset(), at(3));
  ASSERT_TRUE(twice);
  EXPECT_EQ(names(twice->missed), (std::vector<std::string>{R"(2["second"])", R"(2["third"])"}));
}

}  // namespace
}  // namespace parley::socketio
