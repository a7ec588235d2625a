#include "load/process.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace parley::load {
namespace {

TEST(ReadStat, finds_times_behind_any_name) {
  const auto ticks =
      read_stat("7 (a) b (c) S 1 7 7 0 -1 4194304 5 6 7 8 123 45 0 0 20 0 1 0 9 9\n");
  ASSERT_TRUE(ticks);
  EXPECT_EQ(ticks->first, 123u);
  EXPECT_EQ(ticks->second, 45u);
}

TEST(NameInStat, may_hold_anything) {
  EXPECT_EQ(name_in_stat("7 (a) b (c) S 1 7"), "a) b (c");
  for (const auto* text : {"", "7 (name", "7 name) S", ")("}) EXPECT_EQ(name_in_stat(text), "");
}

TEST(ReadStat, refuses_what_is_cut) {
  for (const auto* text :
       {"", "7 (name", "7 (name) S 1 2", "7 (n) S 1 7 7 0 -1 4194304 5 6 7 8 123"})
    EXPECT_FALSE(read_stat(text)) << text;
}

TEST(ReadField, takes_whole_names_at_the_begin_of_lines) {
  constexpr auto text =
      "Name:\tVmRSS: 9\nnonvoluntary_ctxt_switches:\t7\nvoluntary_ctxt_switches:\t5\nVmRSS:\t  "
      "1234 kB\n";
  EXPECT_EQ(read_field(text, "VmRSS"), 1234u);
  EXPECT_EQ(read_field(text, "voluntary_ctxt_switches"), 5u);
  EXPECT_EQ(read_field(text, "nonvoluntary_ctxt_switches"), 7u);
  EXPECT_EQ(read_field(text, "VmHWM"), 0u);
}

TEST(LookAtProcess, sees_this_one_and_no_other) {
  const auto use = look_at_process(::getpid());
  ASSERT_TRUE(use);
  EXPECT_GT(use->resident, 1u << 20);
  EXPECT_GE(use->peak, use->resident);
  EXPECT_GT(use->own, 0u);
  EXPECT_GT(use->voluntary + use->forced, 0u);
  EXPECT_TRUE(use->threads.contains("load_test"));
  EXPECT_FALSE(look_at_process(-3));
}

}  // namespace
}  // namespace parley::load
