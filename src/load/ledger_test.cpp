#include "load/ledger.hpp"

#include <gtest/gtest.h>

namespace parley::load {
namespace {

/// Two edges with two copies, and three messages sent on edge 1.
struct LedgerOfThree : ::testing::Test {
  LedgerOfThree() {
    for (std::uint32_t number = 0; number < 3; ++number) EXPECT_EQ(ledger.send(1), number);
  }
  void receive(std::initializer_list<std::uint32_t> numbers, std::size_t copy = 0) {
    for (const auto number : numbers) ledger.receive(1, copy, number);
  }
  Ledger ledger{2, 2};
};

TEST_F(LedgerOfThree, is_content_when_all_came_once_in_order_at_each_copy) {
  receive({0, 1, 2});
  EXPECT_FALSE(ledger.is_complete());
  receive({0, 1, 2}, 1);
  EXPECT_TRUE(ledger.is_complete());
  EXPECT_EQ(ledger.findings(), Ledger::Findings{});
}

TEST_F(LedgerOfThree, counts_what_was_lost_in_the_middle_and_at_the_end) {
  receive({0, 2});
  receive({0}, 1);
  EXPECT_EQ(ledger.findings(), (Ledger::Findings{.lost = 3}));
  EXPECT_FALSE(ledger.is_complete());
}

TEST_F(LedgerOfThree, counts_what_came_again) {
  receive({0, 1, 1, 2, 0});
  receive({0, 1, 2}, 1);
  EXPECT_EQ(ledger.findings(), (Ledger::Findings{.doubled = 2}));
}

TEST_F(LedgerOfThree, tells_late_from_doubled) {
  receive({1, 0, 2, 0});
  receive({0, 1, 2}, 1);
  EXPECT_EQ(ledger.findings(), (Ledger::Findings{.doubled = 1, .reordered = 1}));
}

TEST_F(LedgerOfThree, counts_what_nobody_sent) {
  receive({0, 1, 2, 3});
  receive({0, 1, 2}, 1);
  EXPECT_FALSE(ledger.receive(0, 0, 0));
  EXPECT_FALSE(ledger.receive(2, 0, 0));
  EXPECT_FALSE(ledger.receive(1, 2, 0));
  EXPECT_EQ(ledger.findings(), (Ledger::Findings{.unsent = 4}));
}

TEST_F(LedgerOfThree, expects_nothing_of_a_refused_message) {
  ledger.refuse(1, 1);
  ledger.refuse(1, 1);
  receive({0, 2});
  receive({0, 2}, 1);
  EXPECT_EQ(ledger.refused(), 1u);
  EXPECT_TRUE(ledger.is_complete());
  EXPECT_EQ(ledger.findings(), Ledger::Findings{});
  receive({1});
  EXPECT_EQ(ledger.findings(), (Ledger::Findings{.unsent = 1}));
}

}  // namespace
}  // namespace parley::load
