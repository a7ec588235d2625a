#include "api/test_rest.hpp"

namespace parley::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using RecoveryRoutes = RestTest;

std::string registration(const std::string& name) {
  return R"({"username":")" + name + R"(","email":")" + name +
         R"(@example.org","password":"password"})";
}

std::string with_token(const std::string& token) { return R"({"token":")" + token + "\"}"; }

TEST_F(RecoveryRoutes, tell_nobody_whether_an_address_is_known) {
  const std::string known = post("/api/auth/password/forgot", R"({"email":"alice@example.org"})");
  const std::string unknown = post("/api/auth/password/forgot", R"({"email":"bob@example.org"})");
  EXPECT_THAT(known, StartsWith("HTTP/1.1 202"));
  EXPECT_EQ(
      body_of_answer(known),
      R"({"success":true,"message":"If that address has an account, a mail is on its way."})");
  EXPECT_EQ(body_of_answer(known), body_of_answer(unknown));
  EXPECT_THAT(house_.mail.asked, ElementsAre("reset alice@example.org", "reset bob@example.org"));
}

TEST_F(RecoveryRoutes, want_a_whole_address_to_reset_a_password) {
  for (const char* bad : {"{}", R"({"email":{"$gt":""}})", R"({"email":"alice"})", "[]", "{"}) {
    EXPECT_THAT(post("/api/auth/password/forgot", bad), StartsWith("HTTP/1.1 400")) << bad;
  }
  EXPECT_THAT(house_.mail.asked, IsEmpty());
  house_.mail.trouble = Errc::unavailable;
  const std::string away = post("/api/auth/password/forgot", R"({"email":"alice@example.org"})");
  EXPECT_THAT(away, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(away, Not(HasSubstr("10.0.0.1")));
}

TEST_F(RecoveryRoutes, change_a_password_once_and_close_every_socket) {
  const std::string body = R"({"token":")" + reset_token() + R"(","password":"new password"})";
  const std::string answer = post("/api/auth/password/reset", body);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(body_of_answer(answer), R"({"success":true,"message":"Password changed"})");
  EXPECT_EQ(account().password_hash, "plain:new password");
  EXPECT_THAT(closed_, ElementsAre(alice_.id.hex()));
  EXPECT_THAT(post("/api/auth/refresh", R"({"refreshToken":")" + alice_.refresh_token + "\"}"),
              StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(closed_, ElementsAre(alice_.id.hex(), alice_.id.hex() + " once"))
      << "whoever has an old token is out, too";
  EXPECT_THAT(post("/api/auth/password/reset", body), StartsWith("HTTP/1.1 401"));
  EXPECT_EQ(closed_.size(), 2U);
}

TEST_F(RecoveryRoutes, refuse_a_bad_password_and_leave_the_link_good) {
  const std::string token = reset_token();
  const auto with = [&](const std::string& password) {
    return R"({"token":")" + token + R"(","password":")" + password + "\"}";
  };
  for (const std::string& bad : {std::string{"short"}, std::string(73, 'x')}) {
    const std::string answer = post("/api/auth/password/reset", with(bad));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
    EXPECT_THAT(answer, HasSubstr(R"("field":"password")"));
  }
  EXPECT_THAT(post("/api/auth/password/reset", with_token(token)), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(closed_, IsEmpty());
  EXPECT_THAT(post("/api/auth/password/reset", with("long enough")), StartsWith("HTTP/1.1 200"));
}

TEST_F(RecoveryRoutes, take_no_link_for_another_use) {
  const std::string verifies = verification_token();
  EXPECT_THAT(post("/api/auth/password/reset",
                   R"({"token":")" + verifies + R"(","password":"new password"})"),
              StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(post("/api/auth/email/verify", with_token(reset_token())),
              StartsWith("HTTP/1.1 401"));
  EXPECT_FALSE(account().email_verified);
}

TEST_F(RecoveryRoutes, send_the_link_of_an_unverified_address_again) {
  EXPECT_THAT(post("/api/auth/email/resend", ""), StartsWith("HTTP/1.1 401"));
  bearer_ = alice_.access_token;
  EXPECT_THAT(post("/api/auth/email/resend", ""), StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(house_.mail.asked, ElementsAre("verify " + alice_.id.hex()));
  ASSERT_TRUE(run(house_.recovery.verify(verification_token(), wall_now())));
  EXPECT_THAT(post("/api/auth/email/resend", ""), StartsWith("HTTP/1.1 202"));
  EXPECT_EQ(house_.mail.asked.size(), 1U) << "nothing is left to verify";
}

TEST_F(RecoveryRoutes, verify_an_address_once_and_show_it) {
  bearer_ = alice_.access_token;
  EXPECT_THAT(open("/api/users/me"), HasSubstr(R"("emailVerified":false)"));
  const std::string body = with_token(verification_token());
  EXPECT_THAT(post("/api/auth/email/verify", body), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(open("/api/users/me"), HasSubstr(R"("emailVerified":true)"));
  EXPECT_THAT(post("/api/auth/email/verify", body), StartsWith("HTTP/1.1 401"));
}

// Registration and login know of verification, too.

TEST_F(RecoveryRoutes, send_a_link_to_who_registers_only_where_it_is_required) {
  EXPECT_THAT(post("/api/auth/register", registration("bob")), StartsWith("HTTP/1.1 201"));
  EXPECT_THAT(house_.mail.asked, IsEmpty());
  house_.services.require_verified_email = true;
  const std::string answer = post("/api/auth/register", registration("carol"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 201"));
  const json::object body = *json::parse(body_of_answer(answer))->if_object();
  EXPECT_THAT(house_.mail.asked,
              ElementsAre("verify " + std::string{body.at("user").at("_id").as_string()}));
  EXPECT_THAT(post("/api/auth/register", registration("carol")), StartsWith("HTTP/1.1 409"));
  EXPECT_EQ(house_.mail.asked.size(), 1U);
}

TEST_F(RecoveryRoutes, register_without_a_link_when_the_queue_is_away) {
  house_.services.require_verified_email = true;
  house_.mail.trouble = Errc::unavailable;
  EXPECT_THAT(post("/api/auth/register", registration("bob")), StartsWith("HTTP/1.1 201"));
}

TEST_F(RecoveryRoutes, log_nobody_in_whose_address_must_be_verified_first) {
  chat::Accounts strict{house_.stores.accounts, house_.hasher, house_.ids, {}, {true}};
  const Services services{strict,           house_.sessions,  house_.logins,
                          house_.messaging, house_.presences, house_.recovery,
                          house_.mail,      100 * 1024,       {}};
  http::Router router;
  add_auth_routes(router, services);
  service_.emplace(http::Config{}, router, house_.shards.size());
  const auto login = [this](const std::string& password) {
    return post("/api/auth/login",
                R"({"email":"alice@example.org","password":")" + password + "\"}");
  };
  const std::string refused = login("password");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(refused, HasSubstr("Please verify your e-mail address"));
  EXPECT_THAT(login("wrong password"), StartsWith("HTTP/1.1 401"))
      << "only who knows the password hears of it";
  ASSERT_TRUE(run(house_.recovery.verify(verification_token(), wall_now())));
  EXPECT_THAT(login("password"), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace parley::api
