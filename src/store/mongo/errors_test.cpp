#include "store/mongo/errors.hpp"

#include <gtest/gtest.h>
#include <mongoc/mongoc.h>

namespace parley::store::mongo {
namespace {

bson_error_t from_server(std::uint32_t code) {
  bson_error_t error;
  bson_set_error(&error, MONGOC_ERROR_SERVER, code, "said");
  return error;
}

TEST(MongoErrors, know_what_a_server_says_that_is_soon_right_again) {
  // No primary: to a mongos, to the member that was it, to the one that stops.
  for (const std::uint32_t code : {133u, 10107u, 11600u})
    EXPECT_EQ(translate(from_server(code)).code, Errc::unavailable) << code;
  EXPECT_EQ(translate(from_server(11000)).code, Errc::conflict);
  EXPECT_EQ(translate(from_server(2 /* BadValue */)).code, Errc::internal);
}

}  // namespace
}  // namespace parley::store::mongo
