#include "chat/sync_cursor.hpp"

#include <gtest/gtest.h>

namespace parley::chat {
namespace {

TEST(SyncCursor, is_read_as_it_is_written) {
  for (const Version version : {Version{0}, Version{1}, ~Version{0}}) {
    EXPECT_EQ(*from_cursor(to_cursor(version)), version);
  }
  constexpr Version most = ~Version{0};
  for (const std::vector<Version>& recent :
       {std::vector<Version>{6}, {6, 7, 100}, {most}, {6, most - 1, most}}) {
    const SyncCursor cursor{5, recent};
    EXPECT_EQ(*from_cursor(to_cursor(cursor)), cursor) << to_cursor(cursor);
  }
  EXPECT_EQ(to_cursor({5, {6, 41}}), "v2.5.1-z");
}

TEST(SyncCursor, is_only_so_long) {
  SyncCursor cursor{~Version{0} - SyncCursor::max_recent};
  while (cursor.recent.size() < SyncCursor::max_recent)
    cursor.recent.push_back(cursor.version + cursor.recent.size() + 1);
  EXPECT_LE(to_cursor(cursor).size(), longest_cursor);
  EXPECT_EQ(to_cursor({0, {~Version{0}}}).size(), 3 + 1 + 1 + 13u);
  EXPECT_EQ(*from_cursor("v1." + std::string(longest_cursor - 4, '0') + "7"), SyncCursor{7});
  EXPECT_FALSE(from_cursor("v1." + std::string(longest_cursor - 3, '0') + "7"));
}

TEST(SyncCursor, is_refused_with_a_wrong_tail) {
  SyncCursor longest{5};
  for (Version v = 6; longest.recent.size() < SyncCursor::max_recent; ++v)
    longest.recent.push_back(v);
  EXPECT_EQ(*from_cursor(to_cursor(longest)), longest);
  for (const std::string& bad :
       {to_cursor(longest) + "-1", std::string("v2.5"), std::string("v2.5."), std::string("v1.5.1"),
        std::string("v2.5.1-"), std::string("v2.5.0"), std::string("v2.5.!"),
        std::string("v2.5.1.1"), std::string("v2.18446744073709551615.1"),
        std::string("v2.5.zzzzzzzzzzzzzzzz")}) {
    EXPECT_EQ(from_cursor(bad).error().code, Errc::bad_request) << bad;
  }
}

}  // namespace
}  // namespace parley::chat
