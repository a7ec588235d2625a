#include "store/embedded/outage.hpp"

#include <gtest/gtest.h>

namespace parley::store::embedded {
namespace {

using namespace std::chrono_literals;
using News = Outage::News;

constexpr SteadyTime begin{1h};

TEST(Outage, has_nothing_to_tell_of_writes_that_work) {
  Outage outage;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(outage.on_write(true, begin + i * 1h), News::none);
}

TEST(Outage, tells_once_that_it_began_and_once_that_it_is_over) {
  Outage outage;
  EXPECT_EQ(outage.on_write(false, begin), News::began);
  for (int i = 1; i < 5; ++i) EXPECT_EQ(outage.on_write(false, begin + i * 1h), News::none);
  EXPECT_EQ(outage.on_write(true, begin + 5h), News::ended);
  EXPECT_EQ(outage.on_write(true, begin + 6h), News::none);
  EXPECT_EQ(outage.on_write(false, begin + 7h), News::began) << "another one";
}

TEST(Outage, is_not_over_while_writes_fail_in_between) {
  Outage outage;
  EXPECT_EQ(outage.on_write(false, begin), News::began);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(outage.on_write(true, begin + i * 4s + 3s), News::none);
    EXPECT_EQ(outage.on_write(false, begin + i * 4s + 4s), News::none);
  }
  EXPECT_EQ(outage.on_write(true, begin + 396s + 4s + Outage::calm - 1ms), News::none);
  EXPECT_EQ(outage.on_write(true, begin + 396s + 4s + Outage::calm), News::ended);
}

}  // namespace
}  // namespace parley::store::embedded
