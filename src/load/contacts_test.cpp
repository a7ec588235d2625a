#include "load/contacts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace parley::load {
namespace {

std::set<std::uint32_t> set_of(const Contacts& contacts, std::size_t user) {
  const auto list = contacts.of(user);
  return {list.begin(), list.end()};
}

TEST(Contacts, are_mutual_distinct_and_never_oneself) {
  for (const std::size_t users : {2u, 3u, 51u, 700u}) {
    const Contacts contacts{users, 8, 3};
    ASSERT_EQ(contacts.users(), users);
    for (std::uint32_t user = 0; user < users; ++user) {
      const auto of = set_of(contacts, user);
      EXPECT_FALSE(of.empty()) << user;
      EXPECT_EQ(of.size(), contacts.of(user).size());
      EXPECT_FALSE(of.contains(user));
      for (const auto other : of) EXPECT_TRUE(set_of(contacts, other).contains(user));
    }
  }
}

TEST(Contacts, know_both_ends_of_an_edge) {
  const Contacts contacts{100, 4, 1};
  for (std::size_t user = 0; user < 100; ++user) {
    for (std::size_t rank = 0; rank < contacts.of(user).size(); ++rank) {
      const auto edge = contacts.edge(user, rank);
      EXPECT_EQ(contacts.sender(edge), user);
      EXPECT_EQ(contacts.receiver(edge), contacts.of(user)[rank]);
    }
  }
}

TEST(Contacts, are_about_as_many_as_wished_and_unequal) {
  const Contacts contacts{5'000, 8, 1};
  EXPECT_NEAR(static_cast<double>(contacts.edges()) / 5'000, 8, 1);
  std::size_t fewest = 5'000, most = 0;
  for (std::size_t user = 0; user < 5'000; ++user) {
    fewest = std::min(fewest, contacts.of(user).size());
    most = std::max(most, contacts.of(user).size());
  }
  EXPECT_LE(fewest, 2u);
  EXPECT_GE(most, 24u);
}

TEST(Contacts, are_mostly_near) {
  const Contacts contacts{5'000, 8, 1};
  std::size_t near = 0;
  for (std::size_t edge = 0; edge < contacts.edges(); ++edge)
    near += contacts.sender(edge) / 50 == contacts.receiver(edge) / 50 ? 1 : 0;
  const double share = static_cast<double>(near) / static_cast<double>(contacts.edges());
  EXPECT_GT(share, 0.7);
  EXPECT_LT(share, 0.95);
}

TEST(Contacts, come_again_with_the_same_seed) {
  const Contacts first{300, 8, 5}, again{300, 8, 5}, other{300, 8, 6};
  EXPECT_EQ(set_of(first, 17), set_of(again, 17));
  EXPECT_EQ(first.edges(), again.edges());
  EXPECT_NE(first.edges(), other.edges());
}

TEST(Contacts, prefers_the_closest) {
  const Contacts contacts{1'000, 8, 1};
  std::size_t user = 0;
  while (contacts.of(user).size() < 8) ++user;
  Random random{1};
  std::vector<int> hits(contacts.of(user).size());
  for (int i = 0; i < 20'000; ++i) ++hits[contacts.pick(user, random) - contacts.edge(user, 0)];
  EXPECT_GT(hits[0], 20'000 / 4);
  EXPECT_NEAR(static_cast<double>(hits[0]) / hits[1], 2.3, 0.3);
  EXPECT_GT(hits.back(), 0);
}

}  // namespace
}  // namespace parley::load
