#include "redis/refusal.hpp"

#include <gtest/gtest.h>

namespace parley::redis {
namespace {

TEST(Refusal, is_of_writes) {
  for (const auto* error :
       {"OOM command not allowed when used memory > 'maxmemory'.",
        "OOM command not allowed when used memory > 'maxmemory'. script: 0a9f, on @user_script:1.",
        "NOREPLICAS Not enough good replicas to write.",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist",
        "READONLY You can't write against a read only replica.",
        "ERR Error running script (call to f_0a9f): @user_script:1: @user_script: 1: -OOM command "
        "not allowed when used memory > 'maxmemory'.",
        "ERR Error running script (call to f_0a9f): @user_script:1: @user_script: 1: -READONLY You "
        "can't write against a read only replica.",
        "OOM"}) {
    EXPECT_TRUE(refuses_writes(error)) << error;
    EXPECT_TRUE(cannot_serve(error)) << error;
  }
}

TEST(Refusal, is_of_everything) {
  for (const auto* error :
       {"LOADING Redis is loading the dataset in memory", "BUSY Redis is busy running a script",
        "MASTERDOWN Link with MASTER is down", "CLUSTERDOWN The cluster is down",
        "TRYAGAIN Multiple keys request during rehashing of slot"}) {
    EXPECT_FALSE(refuses_writes(error)) << error;
    EXPECT_TRUE(cannot_serve(error)) << error;
  }
}

TEST(Refusal, is_not_of_what_one_command_or_account_gets) {
  for (const auto* error :
       {"", "ERR unknown command 'OOM'", "WRONGTYPE Operation against a key", "OOMPH not known",
        "NOPERM this user has no permissions to run the 'set' command", "NOAUTH Authentication",
        "EXECABORT Transaction discarded because of previous errors.", "BUSYKEY Target key name",
        "ERR OOM", "ERR -OOM", " OOM",
        "ERR Error running script (call to f_0a9f): @user_script:1: @user_script: 1: -ERR value is "
        "not an integer",
        "ERR Error running script (call to f_0a9f): @user_script:1: attempt to index a nil "
        "value"}) {
    EXPECT_FALSE(refuses_writes(error)) << error;
    EXPECT_FALSE(cannot_serve(error)) << error;
  }
}

TEST(Refusal, says_which_and_since_when) {
  const Refusal refusal{"OOM command not allowed", from_unix_ms(0)};
  EXPECT_EQ(refusal.text(),
            "refuses writes since 1970-01-01T00:00:00.000Z: OOM command not allowed");
}

}  // namespace
}  // namespace parley::redis
