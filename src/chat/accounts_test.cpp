#include "chat/accounts.hpp"

#include <gtest/gtest.h>

#include "chat/fakes/credentials.hpp"
#include "chat/fakes/memory_accounts.hpp"
#include "chat/fakes/run.hpp"

namespace parley::chat {

class AccountsTest : public ::testing::Test {
 protected:
  template <class T>
  Result<T> run(Task<Result<T>> task) {
    return fakes::run(context_, std::move(task));
  }
  Result<Account> sign_up(std::string username, std::string email,
                          std::string password = "secret1") {
    return run(accounts_.register_account(
        {std::move(username), std::move(email), std::move(password)}, now_));
  }

  Time now_ = from_unix_ms(1'760'000'000'123);
  asio::io_context context_{1};
  fakes::MemoryAccounts store_;
  fakes::PlainHasher hasher_;
  ObjectIdSource ids_;
  Accounts accounts_{store_, hasher_, ids_, Limits{}};
};

TEST_F(AccountsTest, registers_somebody) {
  const auto account = sign_up(" alice ", "Alice@Example.org");
  ASSERT_TRUE(account);
  EXPECT_EQ(account->username, "alice");
  EXPECT_EQ(account->email, "Alice@Example.org");
  EXPECT_EQ(account->created_at, now_);
  EXPECT_EQ(account->updated_at, now_);
  EXPECT_EQ(account->last_seen, std::nullopt);
  EXPECT_FALSE(account->administrator);
  EXPECT_NE(account->id, UserId{});
  EXPECT_EQ(account->password_hash, "plain:secret1");
  EXPECT_EQ(*run(accounts_.find(account->id)), *account);
}

TEST_F(AccountsTest, confirm_who_knows_the_password) {
  const UserId alice = sign_up("alice", "alice@example.org", "secret1")->id;
  EXPECT_TRUE(run(accounts_.confirm(alice, "secret1")));
  EXPECT_EQ(run(accounts_.confirm(alice, "secret2")).error(),
            fail(Errc::forbidden, "Wrong password"));
  EXPECT_EQ(run(accounts_.confirm(UserId{}, "secret1")).error().code, Errc::not_found);
  hasher_.overloaded = true;
  EXPECT_EQ(run(accounts_.confirm(alice, "secret1")).error().code, Errc::overloaded);
}

TEST_F(AccountsTest, stores_nobody_whose_input_is_wrong) {
  const auto refused = sign_up("x", "alice@example.org");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_request);
  EXPECT_EQ(refused.error().fields.at(0).field, "username");
  EXPECT_EQ(run(store_.find_by_email("alice@example.org")).error().code, Errc::not_found);
}

TEST_F(AccountsTest, refuses_an_address_that_is_taken) {
  ASSERT_TRUE(sign_up("alice", "alice@example.org"));
  const auto second = sign_up("imposter", "ALICE@example.org");
  EXPECT_EQ(second.error(), fail(Errc::conflict, "Email already registered"));
}

TEST_F(AccountsTest, registers_nobody_while_the_hasher_is_overloaded) {
  hasher_.overloaded = true;
  EXPECT_EQ(sign_up("alice", "alice@example.org").error().code, Errc::overloaded);
  hasher_.overloaded = false;
  EXPECT_TRUE(sign_up("alice", "alice@example.org"));
}

TEST_F(AccountsTest, lets_in_whoever_knows_the_password) {
  const auto alice = sign_up("alice", "alice@example.org");
  EXPECT_EQ(run(accounts_.login(" Alice@EXAMPLE.org", "secret1"))->id, alice->id);
}

TEST_F(AccountsTest, says_the_same_of_a_wrong_password_and_of_an_unknown_address) {
  sign_up("alice", "alice@example.org").value_or({});
  const Error expected = fail(Errc::unauthorized, "Invalid email or password");
  EXPECT_EQ(run(accounts_.login("alice@example.org", "wrong")).error(), expected);
  EXPECT_EQ(run(accounts_.login("nobody@example.org", "secret1")).error(), expected);
  EXPECT_EQ(run(accounts_.login("", "")).error(), expected);
  EXPECT_EQ(run(accounts_.login(std::string(100'000, 'a'), "secret1")).error(), expected);
}

TEST_F(AccountsTest, says_so_of_an_account_without_a_password_too) {
  Account gone = *sign_up("alice", "alice@example.org");
  for (const auto hash : {"", "no hash"}) {
    gone.password_hash = hash;
    store_.replace(gone);
    EXPECT_EQ(run(accounts_.login("alice@example.org", "secret1")).error(),
              fail(Errc::unauthorized, "Invalid email or password"));
  }
  hasher_.overloaded = true;
  EXPECT_EQ(run(accounts_.login("alice@example.org", "secret1")).error().code, Errc::overloaded);
}

TEST_F(AccountsTest, does_the_same_work_for_a_wrong_password_and_an_unknown_address) {
  sign_up("alice", "alice@example.org").value_or({});
  run(accounts_.login("alice@example.org", "wrong")).value_or({});
  EXPECT_EQ(hasher_.verified, 1);
  run(accounts_.login("nobody@example.org", "wrong")).value_or({});
  EXPECT_EQ(hasher_.verified, 2);
  run(accounts_.login(std::string(100'000, 'a'), "wrong")).value_or({});
  EXPECT_EQ(hasher_.verified, 3);
}

TEST_F(AccountsTest, says_when_it_is_overloaded_whoever_asks) {
  sign_up("alice", "alice@example.org").value_or({});
  hasher_.overloaded = true;
  EXPECT_EQ(run(accounts_.login("alice@example.org", "secret1")).error().code, Errc::overloaded);
  EXPECT_EQ(run(accounts_.login("nobody@example.org", "secret1")).error().code, Errc::overloaded);
}

TEST_F(AccountsTest, finds_many) {
  const auto alice = sign_up("alice", "alice@example.org"), bob = sign_up("bob", "bob@example.org");
  const auto found = run(accounts_.find_many({bob->id, UserId{}, alice->id}));
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at(0).username, "bob");
  EXPECT_EQ(run(accounts_.find(UserId{})).error().code, Errc::not_found);
}

TEST_F(AccountsTest, searches_at_most_so_many) {
  for (int i = 0; i < 25; ++i) {
    const std::string name = "alice" + std::to_string(i);
    ASSERT_TRUE(sign_up(name, name + "@example.org"));
  }
  EXPECT_EQ(run(accounts_.search(" ALI "))->size(), 20u);
  EXPECT_EQ(run(accounts_.search("alice24"))->size(), 1u);
  EXPECT_TRUE(run(accounts_.search(""))->empty());
  EXPECT_TRUE(run(accounts_.search("  "))->empty());
  EXPECT_TRUE(run(accounts_.search(std::string(100'000, 'a')))->empty());
}

TEST_F(AccountsTest, changes_a_profile) {
  const auto alice = sign_up("alice", "alice@example.org");
  ProfilePatch patch;
  patch.name = "  Alice Adams ";
  const Time later = now_ + std::chrono::seconds{5};
  const auto changed = run(accounts_.update_profile(alice->id, patch, later));
  EXPECT_EQ(changed->name, "Alice Adams");
  EXPECT_EQ(changed->updated_at, later);
  EXPECT_EQ(run(accounts_.update_profile(UserId{}, patch, later)).error().code, Errc::not_found);
  patch.avatar = "javascript:alert(1)";
  EXPECT_EQ(run(accounts_.update_profile(alice->id, patch, later)).error().fields.at(0).field,
            "avatar");
}

}  // namespace parley::chat
