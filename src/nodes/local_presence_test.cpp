#include "nodes/local_presence.hpp"

#include <gtest/gtest.h>

#include "base/object_id.hpp"
#include "chat/fakes/run.hpp"

namespace parley::nodes {
namespace {

TEST(LocalPresence, knows_at_once_who_is_online) {
  asio::io_context context;
  const chat::UserId user{ObjectIdSource{}.next(from_unix_ms(1'760'000'000'000))};
  LocalPresence presence;
  EXPECT_FALSE(presence.is_online(user));
  (void)chat::fakes::run(context, presence.arrive(user, "phone", from_unix_ms(1)));
  EXPECT_TRUE(presence.is_online(user));
  (void)chat::fakes::run(context, presence.leave(user, "phone", from_unix_ms(2)));
  EXPECT_FALSE(presence.is_online(user));
}

TEST(LocalPresence, remembers_the_latest_of_many_who_left) {
  asio::io_context context;
  ObjectIdSource ids;
  LocalPresence presence;
  const Time now = from_unix_ms(1'760'000'000'000);
  const auto come_and_go = [&] {
    const chat::UserId user{ids.next(now)};
    (void)chat::fakes::run(context, presence.arrive(user, "phone", now));
    (void)chat::fakes::run(context, presence.leave(user, "phone", now));
    return user;
  };
  const auto last_seen = [&](chat::UserId user) {
    return chat::fakes::run(context, presence.status({user}))->at(0).last_seen;
  };
  const chat::UserId first = come_and_go();
  for (std::size_t i = 0; i + 1 < LocalPresence::remembered; ++i) come_and_go();
  EXPECT_EQ(last_seen(first), now);
  for (std::size_t i = 0; i < LocalPresence::remembered; ++i) come_and_go();
  EXPECT_EQ(last_seen(come_and_go()), now);
  EXPECT_EQ(last_seen(first), std::nullopt);
}

}  // namespace
}  // namespace parley::nodes
