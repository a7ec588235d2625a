#include "base/time.hpp"

#include <gtest/gtest.h>

namespace parley {

TEST(Time, is_written_as_iso8601_with_milliseconds) {
  EXPECT_EQ(to_iso8601(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso8601(from_unix_ms(1769860800007)), "2026-01-31T12:00:00.007Z");
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
