#include "api/test_rest.hpp"
#include "base/json.hpp"

namespace parley::api {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class SessionRoutes : public RestTest {
 protected:
  SessionRoutes() { bearer_ = alice_.access_token; }
  std::string end(const std::string& id) { return ask("DELETE /api/auth/sessions/" + id, "", ""); }
  json::array sessions() {
    const auto answer = json::parse(body_of_answer(open("/api/auth/sessions")));
    return answer->at("sessions").as_array();
  }
  std::string log_in_again() { return run(house_.sessions.open(alice_.id, wall_now()))->access; }
};

TEST_F(SessionRoutes, list_the_logins_of_who_asks_and_say_which_one_that_is) {
  log_in_again();
  const json::array shown = sessions();
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_TRUE(shown[0].at("current").as_bool());
  EXPECT_FALSE(shown[1].at("current").as_bool());
  EXPECT_EQ(shown[0].at("createdAt"), shown[0].at("lastUsedAt"));
  EXPECT_LT(shown[0].at("createdAt").as_string(), shown[0].at("expiresAt").as_string());
}

TEST_F(SessionRoutes, end_one_and_its_sockets) {
  log_in_again();
  const std::string other{sessions()[1].at("_id").as_string()};
  EXPECT_THAT(end(other), StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(closed_, ElementsAre(alice_.id.hex() + " once"));
  EXPECT_EQ(sessions().size(), 1u);
  EXPECT_THAT(end(other), StartsWith("HTTP/1.1 404"));
}

TEST_F(SessionRoutes, end_nobody_elses) {
  const std::string alices{sessions()[0].at("_id").as_string()};
  bearer_ = house_.person("bob").access_token;
  EXPECT_THAT(end(alices), HasSubstr("Session not found"));
  EXPECT_THAT(end("nonsense"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(closed_, IsEmpty());
}

TEST_F(SessionRoutes, want_a_token) {
  bearer_.clear();
  EXPECT_THAT(open("/api/auth/sessions"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(end(alice_.id.hex()), StartsWith("HTTP/1.1 401"));
}

}  // namespace parley::api
