#include "api/test_rest.hpp"

namespace parley::api {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class AuthRoutes : public RestTest {};

TEST_F(AuthRoutes, delete_the_account_of_who_knows_its_password) {
  bearer_ = alice_.access_token;
  const std::string refused = post("/api/auth/delete-account", R"({"password":"wrong"})");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(refused, HasSubstr("Wrong password"));
  EXPECT_THAT(post("/api/auth/delete-account", "{}"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(erased_, IsEmpty());
  EXPECT_THAT(post("/api/auth/delete-account", R"({"password":"password"})"),
              StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(erased_, ElementsAre(alice_.id));
}

TEST_F(AuthRoutes, delete_no_account_without_a_token) {
  EXPECT_THAT(post("/api/auth/delete-account", R"({"password":"password"})"),
              StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(erased_, IsEmpty());
}

}  // namespace parley::api
