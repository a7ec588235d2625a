#include "nodes/failure_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace parley::nodes {
namespace {

using Names = std::vector<std::string>;

/// How many looks in a row that find `subscriptions` it takes until the node is dead; 0: it lives.
int looks_until_dead(FailureDetector& detector, std::string_view name, std::int64_t subscriptions) {
  for (int look = 1; look <= 10; ++look) {
    if (detector.observe(name, subscriptions)) return look;
  }
  return 0;
}

TEST(FailureDetector, watches_everybody_else_where_there_are_few) {
  FailureDetector detector;
  detector.choose({"b", "a", "c"}, "b");
  EXPECT_EQ(detector.watched(), (Names{"c", "a"}));
  detector.choose({"b"}, "b");
  EXPECT_EQ(detector.watched(), Names{});
}

TEST(FailureDetector, has_every_node_watched_by_as_many_as_it_watches) {
  Names all;
  for (int i = 10; i < 60; ++i) all.push_back(std::to_string(i));
  std::map<std::string, std::size_t> watchers;
  for (const std::string& own : all) {
    FailureDetector detector;
    detector.choose(all, own);
    EXPECT_EQ(detector.watched().size(), FailureDetector::max_watched);
    for (const std::string& name : detector.watched()) ++watchers[name];
  }
  EXPECT_EQ(watchers.size(), all.size());
  for (const auto& [name, count] : watchers) EXPECT_EQ(count, FailureDetector::max_watched) << name;
}

TEST(FailureDetector, calls_a_node_dead_whose_subscription_stays_away) {
  FailureDetector detector;
  detector.choose({"a", "b"}, "a");
  EXPECT_FALSE(detector.observe("b", 1));
  EXPECT_EQ(looks_until_dead(detector, "b", 0), FailureDetector::looks);
  EXPECT_EQ(detector.watched(), Names{}) << "said once";
}

TEST(FailureDetector, spares_a_node_that_subscribes_again_in_time) {
  FailureDetector detector;
  detector.choose({"a", "b"}, "a");
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(detector.observe("b", i % FailureDetector::looks == 0 ? 1 : 0)) << i;
}

TEST(FailureDetector, says_nothing_of_a_node_that_was_never_seen_with_a_subscription) {
  FailureDetector detector;
  detector.choose({"a", "b"}, "a");
  EXPECT_EQ(looks_until_dead(detector, "b", 0), 0);
  EXPECT_EQ(looks_until_dead(detector, "a stranger", 0), 0);
}

TEST(FailureDetector, says_nothing_of_nodes_that_come_back_after_redis_did) {
  FailureDetector detector;
  detector.choose({"a", "b"}, "a");
  EXPECT_FALSE(detector.observe("b", 1));
  detector.forget();
  detector.choose({"a", "b"}, "a");
  EXPECT_EQ(looks_until_dead(detector, "b", 0), 0);
}

TEST(FailureDetector, keeps_what_it_knows_of_a_node_when_others_come_and_go) {
  FailureDetector detector;
  detector.choose({"a", "c", "d"}, "a");
  EXPECT_FALSE(detector.observe("c", 1));
  EXPECT_FALSE(detector.observe("c", 0));
  detector.choose({"a", "b", "c"}, "a");
  EXPECT_EQ(looks_until_dead(detector, "c", 0), FailureDetector::looks - 1);
}

}  // namespace
}  // namespace parley::nodes
