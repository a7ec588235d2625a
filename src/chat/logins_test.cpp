#include "chat/logins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "chat/fakes/credentials.hpp"
#include "chat/fakes/memory_stores.hpp"
#include "chat/fakes/run.hpp"
#include "chat/fakes/sessions_in_front.hpp"

namespace parley::chat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Time now = Time{std::chrono::seconds{1'700'000'000}};
constexpr Time in_an_hour = now + std::chrono::hours{1};

/// A hasher during whose work something else happens.
class SlowHasher final : public PasswordHasher {
 public:
  Task<Result<std::string>> hash(std::string password) override {
    if (const auto once = std::exchange(meanwhile, nullptr)) co_await once();
    co_return co_await hasher.hash(std::move(password));
  }
  Task<Result<bool>> verify(std::string password, std::string hash) override {
    return hasher.verify(std::move(password), std::move(hash));
  }
  std::string nobodys_hash() const override { return hasher.nobodys_hash(); }

  fakes::PlainHasher hasher;
  std::function<Task<void>()> meanwhile;
};

/// Sessions of which one is opened as soon as others have ended.
class RestlessSessions final : public fakes::SessionsInFront {
 public:
  using SessionsInFront::SessionsInFront;
  Task<Result<std::vector<FamilyId>>> revoke_all(UserId user,
                                                 std::optional<FamilyId> kept) override {
    auto revoked = co_await inner_.revoke_all(user, kept);
    if (newcomer) (void)co_await inner_.open(*std::exchange(newcomer, std::nullopt));
    co_return revoked;
  }

  std::optional<Family> newcomer;
};

class LoginsTest : public ::testing::Test {
 protected:
  LoginsTest() {
    alice_ = run(accounts_.register_account({"alice", "alice@example.org", "secret1"}, now))->id;
    bob_ = run(accounts_.register_account({"bob", "bob@example.org", "secret1"}, now))->id;
  }
  template <class T>
  Result<T> run(Task<Result<T>> task) {
    return fakes::run(context_, std::move(task));
  }
  static Family family_of(UserId user, std::uint8_t number, Time until) {
    Family family{{}, user, "token", until};
    family.id.bytes[11] = number;
    return family;
  }
  FamilyId log_in(UserId user, std::uint8_t number, Time until = in_an_hour) {
    const Family family = family_of(user, number, until);
    EXPECT_TRUE(run(stores_.sessions.open(family)));
    return family.id;
  }
  std::vector<FamilyId> open_of(UserId user) {
    const auto logins = run(logins_.open(user, now));
    std::vector<FamilyId> ids;
    for (const Login& login : *logins) ids.push_back(login.family.id);
    return ids;
  }
  Result<std::vector<FamilyId>> change(std::optional<FamilyId> login, std::string current,
                                       std::string wanted) {
    return run(
        logins_.change_password({alice_, login, std::move(current), std::move(wanted)}, now));
  }
  Task<void> change_it_first(FamilyId login) {
    PasswordChange wish{alice_, login, "secret1", "secret3"};
    EXPECT_TRUE(co_await logins_.change_password(std::move(wish), now));
  }
  Account alice() { return *run(accounts_.login("alice@example.org", "secret1")); }
  bool opens(const std::string& password) {
    return run(accounts_.login("alice@example.org", password)).has_value();
  }

  asio::io_context context_{1};
  fakes::MemoryStores stores_;
  RestlessSessions sessions_{stores_.sessions};
  SlowHasher hasher_;
  ObjectIdSource ids_;
  Accounts accounts_{stores_.accounts, hasher_, ids_, Limits{}};
  fakes::LedgerSigner signer_;
  Sessions openings_{sessions_, signer_, ids_, {}};
  Logins logins_{accounts_, {stores_.accounts, sessions_, stores_.operators, hasher_}, Limits{}};
  UserId alice_, bob_;
};

TEST_F(LoginsTest, are_open_until_they_end_or_expire) {
  const FamilyId phone = log_in(alice_, 1), laptop = log_in(alice_, 2);
  log_in(alice_, 3, now);
  log_in(bob_, 4);
  EXPECT_THAT(open_of(alice_), ElementsAre(phone, laptop));
  EXPECT_TRUE(run(logins_.end(alice_, phone, now)));
  EXPECT_THAT(open_of(alice_), ElementsAre(laptop));
}

TEST_F(LoginsTest, begin_for_who_knows_the_password) {
  const auto tokens = run(logins_.begin(openings_, alice(), now));
  ASSERT_TRUE(tokens);
  EXPECT_THAT(open_of(alice_), ElementsAre(tokens->family));
  EXPECT_EQ(openings_.authenticate(tokens->access, now)->user, alice_);
}

TEST_F(LoginsTest, begin_for_nobody_who_knew_the_password_of_before) {
  const Account proved = alice();
  ASSERT_TRUE(change(std::nullopt, "secret1", "secret2"));
  EXPECT_EQ(run(logins_.begin(openings_, proved, now)).error(),
            fail(Errc::unauthorized, "Invalid email or password"));
  EXPECT_THAT(open_of(alice_), IsEmpty());
}

TEST_F(LoginsTest, begin_for_nobody_who_is_disabled_or_deleted_meanwhile) {
  const Account proved = alice();
  ASSERT_TRUE(run(stores_.operators.set_disabled(alice_, true, now)));
  EXPECT_EQ(run(logins_.begin(openings_, proved, now)).error().code, Errc::unauthorized);
  ASSERT_TRUE(run(stores_.operators.erase(alice_, SentTexts::kept, now)));
  EXPECT_EQ(run(logins_.begin(openings_, proved, now)).error().code, Errc::unauthorized);
  EXPECT_THAT(open_of(alice_), IsEmpty());
}

TEST_F(LoginsTest, are_ended_by_whose_they_are_alone) {
  const FamilyId phone = log_in(alice_, 1);
  const Error unknown = fail(Errc::not_found, "Session not found");
  EXPECT_EQ(run(logins_.end(bob_, phone, now)).error(), unknown);
  EXPECT_THAT(open_of(alice_), ElementsAre(phone));
  EXPECT_TRUE(run(logins_.end(alice_, phone, now)));
  EXPECT_EQ(run(logins_.end(alice_, phone, now)).error(), unknown);
}

TEST_F(LoginsTest, but_the_one_that_changes_the_password_end) {
  const FamilyId phone = log_in(alice_, 1), laptop = log_in(alice_, 2), tablet = log_in(alice_, 3);
  const FamilyId bobs = log_in(bob_, 4);
  const auto ended = change(laptop, "secret1", "secret2");
  ASSERT_TRUE(ended);
  EXPECT_THAT(*ended, ElementsAre(phone, tablet, originals_of(alice_)));
  EXPECT_THAT(open_of(alice_), ElementsAre(laptop));
  EXPECT_THAT(open_of(bob_), ElementsAre(bobs));
  EXPECT_TRUE(opens("secret2"));
  EXPECT_FALSE(opens("secret1"));
}

TEST_F(LoginsTest, all_end_where_a_token_names_none) {
  const FamilyId phone = log_in(alice_, 1);
  const auto ended = change(std::nullopt, "secret1", "secret2");
  ASSERT_TRUE(ended);
  EXPECT_THAT(*ended, ElementsAre(phone, originals_of(alice_)));
  EXPECT_THAT(open_of(alice_), IsEmpty());
}

TEST_F(LoginsTest, of_who_came_in_with_the_old_password_meanwhile_end) {
  const FamilyId phone = log_in(alice_, 1), laptop = log_in(alice_, 2);
  sessions_.newcomer = family_of(alice_, 3, in_an_hour);
  const FamilyId thief = sessions_.newcomer->id;
  const auto ended = change(phone, "secret1", "secret2");
  ASSERT_TRUE(ended);
  EXPECT_THAT(*ended, ElementsAre(laptop, thief, originals_of(alice_)));
  EXPECT_THAT(open_of(alice_), ElementsAre(phone));
}

TEST_F(LoginsTest, stay_where_the_password_does_not_change) {
  const FamilyId phone = log_in(alice_, 1), laptop = log_in(alice_, 2);
  EXPECT_EQ(change(phone, "wrong", "secret2").error(), fail(Errc::forbidden, "Wrong password"));
  const auto refused = change(phone, "secret1", "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
  ASSERT_EQ(refused.error().fields.size(), 1u);
  EXPECT_EQ(refused.error().fields[0].field, "newPassword");
  hasher_.hasher.overloaded = true;
  EXPECT_EQ(change(phone, "secret1", "secret2").error().code, Errc::overloaded);
  hasher_.hasher.overloaded = false;
  EXPECT_THAT(open_of(alice_), ElementsAre(phone, laptop));
  EXPECT_TRUE(opens("secret1"));
}

TEST_F(LoginsTest, know_when_two_change_the_password_at_once) {
  const FamilyId phone = log_in(alice_, 1);
  hasher_.meanwhile = [this, phone] { return change_it_first(phone); };
  EXPECT_EQ(change(phone, "secret1", "secret2").error(), fail(Errc::forbidden, "Wrong password"));
  EXPECT_TRUE(opens("secret3"));
}

}  // namespace
}  // namespace parley::chat
