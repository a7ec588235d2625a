#include "base/lru.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley {

TEST(Lru, forgets_what_was_not_used_longest_when_trimmed) {
  Lru<int, std::string> lru(2);
  lru.insert(1, "one");
  lru.insert(2, "two");
  lru.insert(3, "three");
  EXPECT_EQ(*lru.find(1), "one") << "until it is trimmed";
  lru.trim();
  EXPECT_EQ(lru.size(), 2u);
  EXPECT_EQ(lru.find(2), nullptr);
  EXPECT_NE(lru.find(1), nullptr);
  lru.clear();
  EXPECT_EQ(lru.find(1), nullptr);
}

}  // namespace parley
