#include "app/user_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/jobs_report.hpp"
#include "chat/fakes/memory_accounts.hpp"
#include "chat/fakes/run.hpp"

namespace parley::app {
namespace {

using ::testing::HasSubstr;

class UserDeskTest : public ::testing::Test {
 protected:
  UserDeskTest() {
    chat::Account ann;
    ann.id = *chat::UserId::parse("507f1f77bcf86cd799439011");
    ann.username = "ann";
    ann.email = "Ann@Example.org";
    EXPECT_TRUE(chat::fakes::run(context, accounts.create(ann)));
  }
  Result<json::object> ask(json::object question) {
    return chat::fakes::run(context, desk.answer(std::move(question), now));
  }
  int report(const std::string& verb, bool revoke, bool machine = false) {
    out.str({});
    err.str({});
    const Terminal terminal{out, err, [](const std::string&) { return false; }};
    return report_user(
        {verb, email, revoke, machine},
        [this](json::object question) { return ask(std::move(question)); }, terminal);
  }

  asio::io_context context;
  chat::fakes::MemoryAccounts accounts;
  UserDesk desk{accounts};
  Time now = from_unix_ms(1'764'000'000'000);
  std::string email = "ann@example.org";
  std::ostringstream out, err;
};

TEST_F(UserDeskTest, makes_an_administrator_and_unmakes_it) {
  const auto promoted = ask({{"verb", "promote"}, {"email", " ANN@example.ORG "}});
  ASSERT_TRUE(promoted) << promoted.error().detail;
  EXPECT_EQ(promoted->at("username"), "ann");
  EXPECT_EQ(promoted->at("administrator"), true);
  EXPECT_EQ(promoted->at("_id"), "507f1f77bcf86cd799439011");
  const auto demoted = ask({{"verb", "promote"}, {"email", email}, {"revoke", true}});
  EXPECT_EQ(demoted->at("administrator"), false);
}

TEST_F(UserDeskTest, verifies_an_address_any_number_of_times) {
  for (int i = 0; i < 2; ++i) {
    const auto verified = ask({{"verb", "verify"}, {"email", email}});
    ASSERT_TRUE(verified) << verified.error().detail;
    EXPECT_EQ(verified->at("emailVerified"), true);
  }
  EXPECT_TRUE(chat::fakes::run(context, accounts.find_by_email(email))->email_verified);
}

TEST_F(UserDeskTest, gives_no_secret) {
  const auto answer = ask({{"verb", "promote"}, {"email", email}});
  EXPECT_EQ(answer->size(), 5u);
  EXPECT_FALSE(answer->contains("password"));
}

TEST_F(UserDeskTest, says_that_nobody_has_the_address) {
  const auto answer = ask({{"verb", "promote"}, {"email", "bob@example.org"}});
  EXPECT_EQ(answer.error().code, Errc::not_found);
  EXPECT_EQ(answer.error().detail, "nobody has the address bob@example.org");
  EXPECT_EQ(ask({{"verb", "verify"}}).error().code, Errc::not_found);
}

TEST_F(UserDeskTest, refuses_what_it_does_not_know) {
  EXPECT_EQ(ask({{"verb", "dance"}, {"email", email}}).error().code, Errc::bad_request);
  EXPECT_EQ(ask({}).error().code, Errc::bad_request);
}

TEST_F(UserDeskTest, report_says_what_became_of_the_user) {
  EXPECT_EQ(report("promote", false), 0);
  EXPECT_EQ(out.str(), "ann is an administrator\n");
  EXPECT_EQ(report("promote", true), 0);
  EXPECT_EQ(out.str(), "ann is no administrator\n");
  EXPECT_EQ(report("verify", false), 0);
  EXPECT_EQ(out.str(), "ann has a verified e-mail address\n");
  EXPECT_EQ(report("verify", false, true), 0);
  EXPECT_THAT(out.str(), HasSubstr("\"emailVerified\":true"));
  email = "bob@example.org";
  EXPECT_EQ(report("promote", false), 1);
  EXPECT_EQ(err.str(), "parley: nobody has the address bob@example.org\n");
}

}  // namespace
}  // namespace parley::app
