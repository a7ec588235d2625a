#include "base/result.hpp"

#include <gtest/gtest.h>

namespace parley {

TEST(Result, holds_a_value_or_an_error) {
  const Result<int> good = 7;
  const Result<int> bad = fail(Errc::not_found, "no such user");
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 7);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error(), (Error{Errc::not_found, "no such user"}));
  EXPECT_EQ(bad.value_or(3), 3);
}

TEST(Error, shows_a_client_its_own_mistake_and_hides_ours) {
  EXPECT_EQ(public_message(fail(Errc::bad_request, "content is empty")), "content is empty");
  EXPECT_EQ(public_message(fail(Errc::internal, "rocksdb: /secret/path")), "Internal server error");
  EXPECT_EQ(public_message(fail(Errc::not_found)), "Not found");
}

TEST(Error, names_the_fields_that_are_wrong) {
  const Error error = invalid({{"email", "is missing"}});
  EXPECT_EQ(error.code, Errc::bad_request);
  EXPECT_EQ(error.fields, (std::vector<FieldError>{{"email", "is missing"}}));
  EXPECT_NE(error, invalid({{"email", "is too long"}}));
}

}  // namespace parley
