#include "cluster/requests.hpp"

#include <gtest/gtest.h>

namespace parley::cluster {
namespace {

using namespace std::chrono_literals;

class RequestsTest : public testing::Test {
 protected:
  Requests::Asker asker(std::size_t wanted = 2) {
    return {[this, wanted](Message&) { return ++answers >= wanted; },
            [this](bool complete) { ends.push_back(complete); }};
  }
  bool answer(const std::string& id) {
    Message message;
    message.request = id;
    return requests.on_answer(message);
  }

  SteadyTime now{};
  net::Timers timers;
  Requests requests{timers, {3, 4}};
  std::size_t answers = 0;
  std::vector<bool> ends;
};

TEST_F(RequestsTest, end_with_the_last_answer) {
  EXPECT_TRUE(requests.open("q", now + 5s, asker()));
  EXPECT_TRUE(answer("q"));
  EXPECT_TRUE(ends.empty());
  EXPECT_TRUE(answer("q"));
  EXPECT_EQ(ends, (std::vector<bool>{true}));
  EXPECT_FALSE(answer("q"));
  timers.run(now + 6s);
  EXPECT_EQ(ends.size(), 1U);
}

TEST_F(RequestsTest, end_incomplete_at_the_deadline) {
  requests.open("q", now + 5s, asker());
  answer("q");
  timers.run(now + 4s);
  EXPECT_TRUE(ends.empty());
  timers.run(now + 5s);
  EXPECT_EQ(ends, (std::vector<bool>{false}));
  EXPECT_EQ(requests.size(), 0U);
}

TEST_F(RequestsTest, ignore_answers_to_nothing) {
  EXPECT_FALSE(answer("q"));
  EXPECT_FALSE(answer(""));
}

TEST_F(RequestsTest, are_bounded_in_number_and_in_answers) {
  for (const char* id : {"a", "b", "c"}) EXPECT_TRUE(requests.open(id, now + 5s, asker(100)));
  EXPECT_FALSE(requests.open("d", now + 5s, asker()));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(answer("a"));
  EXPECT_EQ(ends, (std::vector<bool>{false}));
  EXPECT_TRUE(requests.open("d", now + 5s, asker()));
  EXPECT_FALSE(requests.open("d", now + 5s, asker()));
}

TEST_F(RequestsTest, may_be_opened_at_the_end_of_another) {
  requests.open(
      "q", now + 5s,
      {[](Message&) { return true; }, [this](bool) { requests.open("next", now + 5s, asker()); }});
  answer("q");
  EXPECT_TRUE(requests.is_open("next"));
  EXPECT_FALSE(requests.is_open("q"));
}

}  // namespace
}  // namespace parley::cluster
