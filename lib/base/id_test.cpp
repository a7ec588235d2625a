#include <gtest/gtest.h>

#include <set>

#include "base/object_id.hpp"

namespace parley {

using ThingId = Id<struct ThingTag>;

TEST(Id, is_read_back_from_its_hex_digits) {
  const auto id = ThingId::parse("0123456789abcdef01234567");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->hex(), "0123456789abcdef01234567");
  EXPECT_EQ(ThingId::parse("0123456789ABCDEF01234567"), id);
}

TEST(Id, refuses_what_is_not_24_hex_digits) {
  for (const auto* text : {"", "0123", "0123456789abcdef0123456g", "0123456789abcdef012345678",
                           "0123456789abcdef0123456\n"}) {
    EXPECT_FALSE(ThingId::parse(text)) << text;
  }
}

TEST(ObjectIdSource, makes_ids_that_say_when) {
  ObjectIdSource source;
  EXPECT_EQ(made_at(source.next(from_unix_ms(1'764'000'000'999))), from_unix_ms(1'764'000'000'000));
}

TEST(ObjectIdSource, begins_with_the_seconds_and_never_repeats) {
  ObjectIdSource source;
  const Time now = from_unix_ms(0x01020304LL * 1000);
  std::set<ObjectId> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(source.next(now));
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(to_hex(*seen.begin()).substr(0, 8), "01020304");
}

}  // namespace parley
