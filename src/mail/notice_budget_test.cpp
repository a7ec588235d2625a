#include "mail/notice_budget.hpp"

#include <gtest/gtest.h>

namespace parley::mail {
namespace {

using namespace std::chrono_literals;

const SteadyTime start{1h};
const chat::UserId ann{{1}}, bob{{2}}, cid{{3}};

TEST(NoticeBudget, gives_each_sender_so_many_in_a_window) {
  NoticeBudget budget{{2, 1h, 10}};
  EXPECT_TRUE(budget.take(ann, start));
  EXPECT_TRUE(budget.take(ann, start + 10min));
  EXPECT_FALSE(budget.take(ann, start + 59min));
  EXPECT_TRUE(budget.take(bob, start + 59min));
  EXPECT_EQ(budget.refused(), 1U);
  EXPECT_TRUE(budget.take(ann, start + 60min));
}

TEST(NoticeBudget, takes_back_what_became_no_notice) {
  NoticeBudget budget{{1, 1h, 10}};
  ASSERT_TRUE(budget.take(ann, start));
  budget.give_back(ann);
  EXPECT_TRUE(budget.take(ann, start));
  EXPECT_FALSE(budget.take(ann, start));
  budget.give_back(bob);
  EXPECT_TRUE(budget.take(bob, start));
  EXPECT_FALSE(budget.take(bob, start)) << "it had nothing to give back";
}

TEST(NoticeBudget, remembers_no_more_senders_than_it_may) {
  NoticeBudget budget{{1, 1h, 2}};
  ASSERT_TRUE(budget.take(ann, start) && budget.take(bob, start));
  EXPECT_FALSE(budget.take(ann, start));
  EXPECT_TRUE(budget.take(cid, start));
  EXPECT_TRUE(budget.take(ann, start)) << "forgotten";
}

TEST(NoticeBudget, of_0_has_no_end) {
  NoticeBudget budget{{0, 1h, 2}};
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(budget.take(ann, start));
}

}  // namespace
}  // namespace parley::mail
