#include "net/detail/lobby_share.hpp"

#include <gtest/gtest.h>

namespace parley::net::detail {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1h};

TEST(LobbyShare, is_not_due_while_nobody_is_in_the_lobby) {
  EXPECT_FALSE(LobbyShare::is_due({.found = 3}));
  EXPECT_TRUE(LobbyShare::is_due({.found = 4, .saw_lobby = true}));
}

TEST(LobbyShare, is_due_when_the_established_are_so_many_that_the_lobby_may_not_have_been_seen) {
  EXPECT_TRUE(LobbyShare::is_due({.found = 1024, .is_full = true}));
  EXPECT_TRUE(LobbyShare::is_due({.found = 1024, .left = 512, .is_full = true}));
}

TEST(LobbyShare, waits_while_those_who_leave_hide_the_established) {
  EXPECT_FALSE(LobbyShare::is_due({.found = 1024, .left = 513, .is_full = true}));
  EXPECT_FALSE(
      LobbyShare::is_due({.found = 1024, .left = 1023, .is_full = true, .saw_lobby = true}));
  EXPECT_TRUE(LobbyShare::is_due({.found = 600, .left = 599, .saw_lobby = true}));
}

TEST(LobbyShare, goes_on_until_its_time_is_over) {
  LobbyShare share{{.handful = 8, .patience = 2ms}};
  share.begin(start);
  EXPECT_TRUE(share.goes_on(8, start));
  EXPECT_TRUE(share.goes_on(8, start + 1999us));
  EXPECT_FALSE(share.goes_on(8, start + 2ms));
  share.begin(start + 5ms);
  EXPECT_TRUE(share.goes_on(8, start + 6ms));
}

TEST(LobbyShare, ends_with_a_handful_that_is_not_full) {
  LobbyShare share{{.handful = 8, .patience = 2ms}};
  share.begin(start);
  EXPECT_FALSE(share.goes_on(7, start));
  EXPECT_FALSE(share.goes_on(0, start));
}

TEST(LobbyShare, serves_one_handful_a_turn_without_patience) {
  LobbyShare share{{.handful = 1, .patience = 0ns}};
  share.begin(start);
  EXPECT_FALSE(share.goes_on(1, start));
}

TEST(LobbyShare, rests_once_in_a_while) {
  LobbyShare share{{.wakefulness = 4ms}};
  EXPECT_TRUE(share.takes_rest(start));
  EXPECT_FALSE(share.takes_rest(start));
  EXPECT_FALSE(share.takes_rest(start + 3999us));
  EXPECT_TRUE(share.takes_rest(start + 4ms));
  EXPECT_FALSE(share.takes_rest(start + 7ms));
}

}  // namespace
}  // namespace parley::net::detail
