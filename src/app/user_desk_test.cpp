#include "app/user_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/table.hpp"
#include "app/users_report.hpp"
#include "chat/fakes/credentials.hpp"
#include "chat/fakes/memory_stores.hpp"
#include "chat/fakes/run.hpp"

namespace parley::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class UserDeskTest : public ::testing::Test {
 protected:
  UserDeskTest() {
    chat::Account ann;
    ann.id = *chat::UserId::parse("507f1f77bcf86cd799439011");
    ann.username = "ann";
    ann.email = "Ann@Example.org";
    ann.password_hash = "hash-of-ann";
    EXPECT_TRUE(run(stores.accounts.create(ann)));
    id = ann.id;
  }
  template <class T>
  T run(Task<T> task) {
    return chat::fakes::run(context, std::move(task));
  }
  Result<json::object> ask(json::object question) {
    return run(desk.answer(std::move(question), now));
  }
  json::object good(json::object question) {
    auto answer = ask(std::move(question));
    EXPECT_TRUE(answer) << answer.error().detail;
    return answer ? *answer : json::object{};
  }
  chat::Account account() { return *run(stores.accounts.find(id)); }
  chat::Family login(std::uint8_t number) {
    chat::Family family{{}, id, "token", now + std::chrono::hours{1}};
    family.id.bytes[11] = number;
    EXPECT_TRUE(run(stores.sessions.open(family)));
    return family;
  }

  int report(UserRequest request) {
    out.str({});
    err.str({});
    const Terminal terminal{out, err, [this](const std::string&) { return says_yes; }, in};
    return report_user(
        request, [this](json::object question) { return ask(std::move(question)); }, terminal);
  }

  asio::io_context context;
  chat::fakes::MemoryStores stores;
  chat::fakes::PlainHasher hasher;
  ObjectIdSource ids;
  chat::Limits limits;
  chat::Accounts registration{stores.accounts, hasher, ids, limits};
  chat::Logins logins{
      registration, {stores.accounts, stores.sessions, stores.operators, hasher}, limits};
  std::vector<std::optional<chat::FamilyId>> closed;
  int bars_changed = 0;
  UserServices services{
      stores.accounts,
      stores.operators,
      stores.sessions,
      stores.messages,
      stores.messages,
      registration,
      logins,
      hasher,
      limits,
      [this](chat::UserId, std::optional<chat::FamilyId> family) { closed.push_back(family); },
      [this] { return note_bars(); },
      [this](chat::Account account) { return forget(std::move(account)); }};
  Task<void> note_bars() {
    ++bars_changed;
    co_return;
  }
  Task<Result<std::size_t>> forget(chat::Account account) {
    forgotten = account.email;
    co_return std::size_t{2};
  }
  UserDesk desk{services};
  Time now = from_unix_ms(1'764'000'000'000);
  chat::UserId id;
  const std::string email = "ann@example.org";
  std::string forgotten;
  std::ostringstream out, err;
  std::istringstream in;
  bool says_yes = false;
};

TEST_F(UserDeskTest, makes_an_administrator_and_unmakes_it) {
  const auto promoted = good({{"verb", "promote"}, {"user", " ANN@example.ORG "}});
  EXPECT_EQ(promoted.at("username"), "ann");
  EXPECT_EQ(promoted.at("administrator"), true);
  EXPECT_EQ(text_of(promoted, "_id"), id.hex());
  EXPECT_EQ(good({{"verb", "promote"}, {"user", id.hex()}, {"revoke", true}}).at("administrator"),
            false);
}

TEST_F(UserDeskTest, verifies_an_address_any_number_of_times) {
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(good({{"verb", "verify"}, {"user", email}}).at("emailVerified"), true);
  EXPECT_TRUE(account().email_verified);
}

TEST_F(UserDeskTest, never_gives_a_secret) {
  login(1);
  for (const char* verb : {"show", "sessions", "list", "promote", "verify"}) {
    const std::string answer = json::serialize(good({{"verb", verb}, {"user", email}}));
    EXPECT_THAT(answer, Not(HasSubstr("hash-of-ann"))) << verb;
    EXPECT_THAT(answer, Not(HasSubstr("\"token\""))) << verb;
  }
}

TEST_F(UserDeskTest, says_that_nobody_has_the_address_or_the_id) {
  EXPECT_EQ(ask({{"verb", "show"}, {"user", "bob@example.org"}}).error().detail,
            "nobody has the address bob@example.org");
  EXPECT_EQ(ask({{"verb", "show"}, {"user", "507f1f77bcf86cd799439099"}}).error().detail,
            "nobody has the id 507f1f77bcf86cd799439099");
  EXPECT_EQ(ask({{"verb", "verify"}}).error().code, Errc::not_found);
}

TEST_F(UserDeskTest, refuses_what_it_does_not_know) {
  EXPECT_EQ(ask({{"verb", "dance"}, {"user", email}}).error().code, Errc::bad_request);
  EXPECT_EQ(ask({{"verb", "revoke"}, {"user", email}, {"session", "x"}}).error().code,
            Errc::bad_request);
  EXPECT_EQ(ask({{"verb", "export"}, {"user", email}, {"part", "x"}}).error().code,
            Errc::bad_request);
}

TEST_F(UserDeskTest, creates_an_account_as_registration_does) {
  const json::object wish{{"verb", "create"},      {"email", "bob@example.org"},
                          {"username", "bob"},     {"password", "long enough"},
                          {"administrator", true}, {"verified", true}};
  const auto made = good(wish);
  EXPECT_EQ(made.at("administrator"), true);
  EXPECT_EQ(made.at("emailVerified"), true);
  EXPECT_TRUE(run(registration.login("bob@example.org", "long enough")));
  EXPECT_EQ(ask(wish).error().code, Errc::conflict);
  json::object bad = wish;
  bad["email"] = "no address";
  EXPECT_THAT(ask(bad).error().detail, HasSubstr("email "));
}

TEST_F(UserDeskTest, disabling_ends_all_logins_and_closes_connections) {
  const chat::Family phone = login(1);
  EXPECT_EQ(good({{"verb", "disable"}, {"user", email}}).at("disabled"), true);
  EXPECT_EQ(bars_changed, 1);
  EXPECT_EQ(closed, (std::vector<std::optional<chat::FamilyId>>{std::nullopt}));
  chat::Family next = phone;
  next.token_id = "next";
  EXPECT_FALSE(run(stores.sessions.rotate(next, {"token", now})));
  EXPECT_EQ(good({{"verb", "enable"}, {"user", email}}).at("disabled"), false);
  EXPECT_EQ(bars_changed, 2);
}

TEST_F(UserDeskTest, deleting_forgets_what_is_beside_the_store_and_can_be_done_again) {
  login(1);
  const auto deleted = good({{"verb", "delete"}, {"user", email}});
  EXPECT_EQ(deleted.at("texts"), "kept");
  EXPECT_EQ(deleted.at("mails"), 2);
  EXPECT_EQ(forgotten, "Ann@Example.org");
  EXPECT_TRUE(account().deleted);
  EXPECT_EQ(ask({{"verb", "show"}, {"user", email}}).error().code, Errc::not_found);
  EXPECT_EQ(ask({{"verb", "enable"}, {"user", id.hex()}}).error().code, Errc::conflict);
  EXPECT_EQ(good({{"verb", "delete"}, {"user", id.hex()}, {"texts", true}}).at("texts"), "removed");
}

TEST_F(UserDeskTest, a_new_password_ends_the_sessions) {
  login(1);
  login(2);
  const auto reset =
      good({{"verb", "reset-password"}, {"user", email}, {"password", "new password"}});
  EXPECT_EQ(reset.at("sessionsEnded"), 2);
  EXPECT_TRUE(run(registration.login(email, "new password")));
  EXPECT_EQ(ask({{"verb", "reset-password"}, {"user", email}, {"password", "x"}}).error().code,
            Errc::bad_request);
}

TEST_F(UserDeskTest, revokes_one_session_or_all) {
  const chat::Family phone = login(1);
  login(2);
  EXPECT_EQ(
      good({{"verb", "revoke"}, {"user", email}, {"session", phone.id.hex()}}).at("sessionsEnded"),
      1);
  EXPECT_EQ(closed.back(), phone.id);
  EXPECT_EQ(ask({{"verb", "revoke"}, {"user", email}, {"session", phone.id.hex()}}).error().code,
            Errc::not_found);
  EXPECT_EQ(good({{"verb", "show"}, {"user", email}}).at("sessions"), 1);
  EXPECT_EQ(good({{"verb", "revoke"}, {"user", email}}).at("sessionsEnded"), 1);
}

TEST_F(UserDeskTest, does_not_revoke_a_session_that_is_over) {
  const chat::Family phone = login(1);
  now = phone.expires_at;
  EXPECT_EQ(ask({{"verb", "revoke"}, {"user", email}, {"session", phone.id.hex()}}).error().code,
            Errc::not_found);
}

TEST_F(UserDeskTest, report_says_what_became_of_the_user) {
  EXPECT_EQ(report({"promote", email}), 0);
  EXPECT_EQ(out.str(), "ann is an administrator\n");
  EXPECT_EQ(report({"promote", email, true}), 0);
  EXPECT_EQ(out.str(), "ann is no administrator\n");
  EXPECT_EQ(report({"verify", email}), 0);
  EXPECT_EQ(out.str(), "ann has a verified e-mail address\n");
  EXPECT_EQ(report({"verify", email, false, true}), 0);
  EXPECT_THAT(out.str(), HasSubstr("\"emailVerified\":true"));
  EXPECT_EQ(report({"verify", "bob@example.org"}), 1);
  EXPECT_EQ(err.str(), "parley: nobody has the address bob@example.org\n");
}

TEST_F(UserDeskTest, report_deletes_only_when_it_is_meant) {
  EXPECT_EQ(report({"delete", email}), 1);
  EXPECT_THAT(err.str(), HasSubstr("nothing was deleted"));
  EXPECT_FALSE(account().deleted);
  says_yes = true;
  EXPECT_EQ(report({"delete", email}), 0);
  EXPECT_THAT(out.str(), HasSubstr("deleted; what is left is the id " + id.hex()));
}

TEST_F(UserDeskTest, report_makes_a_password_or_reads_it) {
  UserRequest request{"reset-password", email};
  EXPECT_EQ(report(request), 0);
  const std::string said = out.str();
  ASSERT_THAT(said, HasSubstr("shown this once: "));
  const std::string password = said.substr(said.rfind(' ') + 1, 20);
  EXPECT_TRUE(run(registration.login(email, password)));
  request.password_stdin = true;
  in.str("from the input\n");
  EXPECT_EQ(report(request), 0);
  EXPECT_THAT(out.str(), Not(HasSubstr("from the input")));
  EXPECT_TRUE(run(registration.login(email, "from the input")));
}

TEST_F(UserDeskTest, report_lists_and_exports) {
  chat::Account bob;
  bob.id = *chat::UserId::parse("507f1f77bcf86cd799439012");
  bob.username = "bob";
  bob.email = "bob@example.org";
  ASSERT_TRUE(run(stores.accounts.create(bob)));
  chat::NewMessage draft;
  draft.sender = id;
  draft.receiver = bob.id;
  draft.content = "hello bob";
  draft.now = now;
  for (int i = 0; i < 700; ++i) ASSERT_TRUE(run(stores.messages.append(draft)));
  login(1);

  UserRequest list{"list", ""};
  EXPECT_EQ(report(list), 0);
  EXPECT_THAT(out.str(), HasSubstr("ann"));
  EXPECT_THAT(out.str(), HasSubstr("bob@example.org"));
  list.limit = 1;
  EXPECT_EQ(report(list), 0);
  EXPECT_THAT(out.str(), Not(HasSubstr("bob")));
  list.limit = 10;
  list.search = "BO";
  EXPECT_EQ(report(list), 0);
  EXPECT_THAT(out.str(), Not(HasSubstr("ann")));

  EXPECT_EQ(report({"export", email}), 0);
  std::istringstream lines{out.str()};
  std::map<std::string, int> kinds;
  for (std::string line; std::getline(lines, line);) {
    const auto record = json::parse(line);
    ASSERT_TRUE(record);
    ++kinds[std::string{record->at("kind").as_string()}];
  }
  EXPECT_EQ(kinds, (std::map<std::string, int>{
                       {"account", 1}, {"session", 1}, {"conversation", 1}, {"message", 700}}));
  EXPECT_THAT(out.str(), Not(HasSubstr("hash-of-ann")));
}

}  // namespace
}  // namespace parley::app
