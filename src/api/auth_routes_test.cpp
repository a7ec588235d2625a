#include "api/test_rest.hpp"

namespace parley::api {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class AuthRoutes : public RestTest {};

TEST_F(AuthRoutes, change_the_password_and_end_the_other_logins) {
  bearer_ = alice_.access_token;
  ASSERT_TRUE(run(house_.sessions.open(alice_.id, wall_now())));
  const auto change = [this](const std::string& json) {
    return post("/api/auth/change-password", json);
  };
  EXPECT_THAT(change(R"({"currentPassword":"wrong","newPassword":"secret2"})"),
              HasSubstr("Wrong password"));
  EXPECT_THAT(change(R"({"currentPassword":"password","newPassword":"x"})"),
              HasSubstr(R"("field":"newPassword")"));
  EXPECT_THAT(change(R"({"currentPassword":"password"})"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(closed_, IsEmpty());
  EXPECT_THAT(change(R"({"currentPassword":"password","newPassword":"secret2"})"),
              StartsWith("HTTP/1.1 204"));
  const std::string closed = alice_.id.hex() + " once";
  EXPECT_THAT(closed_, ElementsAre(closed, closed)) << "the other login, the original's tokens";
  EXPECT_TRUE(run(house_.accounts.login("alice@example.org", "secret2")));
  EXPECT_TRUE(run(house_.sessions.refresh(alice_.refresh_token, wall_now())));
}

TEST_F(AuthRoutes, take_small_bodies_only) {
  const auto padded = [](std::size_t bytes) {
    std::string json = R"({"email":"alice@example.org","password":"wrong", "more":""})";
    json.insert(json.size() - 2, bytes - json.size(), 'x');
    return json;
  };
  for (const auto path : {"/api/auth/login", "/api/auth/password/reset"}) {
    EXPECT_THAT(post(path, padded(8 * 1024)), Not(StartsWith("HTTP/1.1 413"))) << path;
    EXPECT_THAT(post(path, padded(8 * 1024 + 1)), StartsWith("HTTP/1.1 413")) << path;
  }
}

TEST_F(AuthRoutes, read_long_bodies_of_none_but_who_is_logged_in) {
  const auto begin = [this](const std::string& token, std::string_view length) {
    http::FakeClient client(house_.shards[0], *service_);
    return client.ask("POST /api/users/status HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer " +
                      token + "\r\n" + std::string{length} + "\r\n\r\n");
  };
  for (const auto length : {"Content-Length: 8193", "Transfer-Encoding: chunked"}) {
    EXPECT_THAT(begin("x", length), StartsWith("HTTP/1.1 401")) << length;
    EXPECT_EQ(begin(alice_.access_token, length), "") << "waits for the rest";
  }
  EXPECT_EQ(begin("x", "Content-Length: 8192"), "");
  EXPECT_THAT(begin(alice_.access_token, "Content-Length: 200000"), StartsWith("HTTP/1.1 413"));
}

TEST_F(AuthRoutes, change_no_password_without_a_token) {
  EXPECT_THAT(post("/api/auth/change-password",
                   R"({"currentPassword":"password","newPassword":"secret2"})"),
              StartsWith("HTTP/1.1 401"));
}

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
