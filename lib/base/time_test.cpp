#include "base/time.hpp"

#include <gtest/gtest.h>

namespace parley {

TEST(Time, is_written_as_iso8601_with_milliseconds) {
  EXPECT_EQ(to_iso8601(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso8601(from_unix_ms(1769860800007)), "2026-01-31T12:00:00.007Z");
}

TEST(Time, beyond_four_digits_of_years_is_written_as_the_nearest_that_has_them) {
  EXPECT_EQ(to_iso8601(Time::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_iso8601(Time::min()), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso8601(from_unix_ms(253'402'300'800'000)), "9999-12-31T23:59:59.999Z");
}

TEST(Time, is_read_back_from_iso8601) {
  const Time time = from_unix_ms(1769860800007);
  EXPECT_EQ(from_iso8601(to_iso8601(time)), time);
  for (const auto* text : {"", "2026-01-31", "2026-13-31T12:00:00.000Z", "2026-02-30T12:00:00.000Z",
                           "2026-01-31T24:00:00.000Z", "2026-01-31T12:00:00.000+"}) {
    EXPECT_FALSE(from_iso8601(text)) << text;
  }
}

}  // namespace parley
