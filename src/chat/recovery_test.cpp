#include "chat/recovery.hpp"

#include <gtest/gtest.h>

#include "chat/fakes/credentials.hpp"
#include "chat/fakes/memory_accounts.hpp"
#include "chat/fakes/memory_sessions.hpp"
#include "chat/fakes/run.hpp"
#include "chat/fakes/sessions_in_front.hpp"
#include "chat/ports/operator_store.hpp"

namespace parley::chat {
namespace {

constexpr std::chrono::seconds hour{3600};

Time at(std::int64_t seconds) { return Time{std::chrono::seconds{1'700'000'000 + seconds}}; }

/// Writes down what it is asked for.
class ListedMail final : public MailQueue {
 public:
  Task<Result<Done>> letter(std::string email, std::string, Time) override {
    asked.push_back("letter " + email);
    co_return Done{};
  }
  Task<Result<Done>> password_reset(std::string email, Time) override {
    asked.push_back("reset " + email);
    co_return Done{};
  }
  Task<Result<Done>> verification(UserId user, Time) override {
    asked.push_back("verify " + user.hex());
    co_return Done{};
  }
  std::vector<std::string> asked;
};

/// Sessions that cannot be ended while `is_away`; somebody logs in as soon as all are.
class RestlessSessions final : public fakes::SessionsInFront {
 public:
  using SessionsInFront::SessionsInFront;
  Task<Result<std::vector<FamilyId>>> revoke_all(UserId user,
                                                 std::optional<FamilyId> kept) override {
    if (is_away) co_return fail(Errc::unavailable);
    auto ended = co_await inner_.revoke_all(user, kept);
    if (newcomer) (void)co_await inner_.open(*std::exchange(newcomer, std::nullopt));
    co_return ended;
  }

  bool is_away = false;
  std::optional<Family> newcomer;  ///< Opened when all others have been ended.
};

class RecoveryTest : public ::testing::Test {
 protected:
  RecoveryTest() {
    Account account;
    account.id = alice_;
    account.username = "alice";
    account.email = "Alice@Example.org";
    account.password_hash = "plain:old password";
    good(accounts_.create(account));
  }
  template <class T>
  Result<T> run(Task<Result<T>> task) {
    return fakes::run(context_, std::move(task));
  }
  template <class T>
  T good(Task<Result<T>> task) {
    Result<T> result = run(std::move(task));
    EXPECT_TRUE(result);
    return std::move(*result);
  }
  Account alice() { return good(accounts_.find(alice_)); }
  Errc refusal_of_reset(std::string token, std::string password, Time now) {
    const auto done = run(recovery_.reset(std::move(token), std::move(password), now));
    return done ? Errc::internal : done.error().code;
  }

  asio::io_context context_{1};
  const UserId alice_ = *UserId::parse("65a1b2c3d4e5f60718293a4b");
  fakes::MemoryAccounts accounts_;
  fakes::PlainHasher hasher_;
  fakes::MemorySessions kept_;
  RestlessSessions sessions_{kept_};
  fakes::LedgerLinks links_;
  ListedMail mail_;
  Recovery recovery_{accounts_, hasher_, sessions_, links_, mail_, Limits{}, {hour, 24 * hour}};
};

TEST_F(RecoveryTest, asks_for_a_mail_whoever_has_the_address) {
  EXPECT_TRUE(run(recovery_.ask_reset(" alice@example.org ", at(0))));
  EXPECT_TRUE(run(recovery_.ask_reset("nobody@example.org", at(0))));
  EXPECT_EQ(mail_.asked,
            (std::vector<std::string>{"reset alice@example.org", "reset nobody@example.org"}));
  const auto refused = run(recovery_.ask_reset("no address", at(0)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
}

TEST_F(RecoveryTest, sets_a_password_ends_all_logins_and_verifies_the_address) {
  const FamilyId login = *FamilyId::parse("65a1b2c3d4e5f60718293aff");
  good(sessions_.open({login, alice_, "jti", at(9999)}));
  const std::string token = recovery_.reset_token(alice(), at(0));
  const auto done = good(recovery_.reset(token, "new password", at(10)));
  EXPECT_EQ(done.user, alice_);
  EXPECT_EQ(done.ended, std::vector{login});
  EXPECT_EQ(alice().password_hash, "plain:new password");
  EXPECT_TRUE(alice().email_verified);
}

TEST_F(RecoveryTest, lets_a_link_be_used_once) {
  const std::string token = recovery_.reset_token(alice(), at(0));
  const std::string second = recovery_.reset_token(alice(), at(1));
  good(recovery_.reset(token, "new password", at(10)));
  EXPECT_EQ(refusal_of_reset(token, "newer password", at(11)), Errc::unauthorized);
  EXPECT_EQ(refusal_of_reset(second, "newer password", at(11)), Errc::unauthorized)
      << "asked for before the password changed";
  EXPECT_EQ(alice().password_hash, "plain:new password");
}

TEST_F(RecoveryTest, keeps_the_link_good_when_the_password_was_not) {
  const std::string token = recovery_.reset_token(alice(), at(0));
  EXPECT_EQ(refusal_of_reset(token, "short", at(1)), Errc::bad_request);
  hasher_.overloaded = true;
  EXPECT_EQ(refusal_of_reset(token, "long enough", at(1)), Errc::overloaded);
  hasher_.overloaded = false;
  EXPECT_TRUE(run(recovery_.reset(token, "long enough", at(1))));
}

TEST_F(RecoveryTest, keeps_the_link_good_when_logins_could_not_be_ended) {
  const std::string token = recovery_.reset_token(alice(), at(0));
  sessions_.is_away = true;
  EXPECT_EQ(refusal_of_reset(token, "new password", at(1)), Errc::unavailable);
  EXPECT_EQ(alice().password_hash, "plain:old password");
  sessions_.is_away = false;
  EXPECT_TRUE(run(recovery_.reset(token, "new password", at(2))));
}

TEST_F(RecoveryTest, ends_the_login_of_who_was_quicker_than_the_new_password) {
  const FamilyId early = *FamilyId::parse("65a1b2c3d4e5f60718293aff");
  const FamilyId late = *FamilyId::parse("65a1b2c3d4e5f60718293b00");
  good(sessions_.open({early, alice_, "jti", at(9999)}));
  sessions_.newcomer = Family{late, alice_, "jti", at(9999)};
  const std::string token = recovery_.reset_token(alice(), at(0));
  EXPECT_EQ(good(recovery_.reset(token, "new password", at(1))).ended, (std::vector{early, late}));
  EXPECT_TRUE(good(sessions_.revoke_all(alice_, std::nullopt)).empty());
}

TEST_F(RecoveryTest, refuses_expired_and_forged_links_and_those_of_another_use) {
  const std::string token = recovery_.reset_token(alice(), at(0));
  EXPECT_EQ(refusal_of_reset(token, "new password", at(3600)), Errc::unauthorized);
  EXPECT_EQ(refusal_of_reset("forged", "new password", at(0)), Errc::unauthorized);
  EXPECT_EQ(refusal_of_reset(*recovery_.verification_token(alice(), at(0)), "new password", at(0)),
            Errc::unauthorized);
  Account gone = alice();
  gone.id = *UserId::parse("000000000000000000000001");
  EXPECT_EQ(refusal_of_reset(recovery_.reset_token(gone, at(0)), "new password", at(0)),
            Errc::unauthorized);
}

TEST_F(RecoveryTest, verifies_an_address_once) {
  good(recovery_.ask_verification(alice_, at(0)));
  EXPECT_EQ(mail_.asked, std::vector{"verify " + alice_.hex()});
  const std::string token = *recovery_.verification_token(alice(), at(0));
  EXPECT_TRUE(run(recovery_.verify(token, at(1))));
  EXPECT_TRUE(alice().email_verified);
  const auto again = run(recovery_.verify(token, at(2)));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::unauthorized);
  EXPECT_EQ(recovery_.verification_token(alice(), at(3)), std::nullopt);
  good(recovery_.ask_verification(alice_, at(3)));
  EXPECT_EQ(mail_.asked.size(), 1u) << "nothing is left to verify";
}

TEST_F(RecoveryTest, unsubscribes_as_often_as_one_likes) {
  const std::string token = recovery_.unsubscribe_token(alice_, at(0));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(run(recovery_.unsubscribe(token, at(100 * 24 * 3600))));
    EXPECT_FALSE(alice().email_notifications);
  }
  const auto late = run(recovery_.unsubscribe(token, at(366 * 24 * 3600)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::unauthorized);
}

TEST_F(RecoveryTest, who_is_deleted_is_unsubscribed) {
  const std::string token = recovery_.unsubscribe_token(alice_, at(0));
  accounts_.replace(erased(alice(), at(1)));
  EXPECT_TRUE(run(recovery_.unsubscribe(token, at(2))));
}

}  // namespace
}  // namespace parley::chat
