#pragma once

#include "chat/ports/contract/stores.hpp"

namespace parley::chat::contract {

class AccountStoreContract : public StoresTest {};

TEST_P(AccountStoreContract, gives_back_what_it_was_given) {
  Account account = draft_account("alice");
  account.name = "Alice Adams";
  account.avatar = "https://example.org/a.png";
  account.email_notifications = false;
  account.administrator = true;
  account.email_verified = true;
  account.last_seen = at(5);
  const Account created = good(stores_->accounts().create(account));
  EXPECT_EQ(created, account);
  EXPECT_EQ(good(stores_->accounts().find(account.id)), account);
}

TEST_P(AccountStoreContract, keeps_absent_fields_absent) {
  const Account account = draft_account("alice");
  good(stores_->accounts().create(account));
  EXPECT_EQ(good(stores_->accounts().find(account.id)), account);
}

TEST_P(AccountStoreContract, says_not_found_of_strangers) {
  EXPECT_EQ(refusal(stores_->accounts().find(new_id<UserId>())), Errc::not_found);
  EXPECT_EQ(refusal(stores_->accounts().find_by_email("nobody@example.org")), Errc::not_found);
  EXPECT_EQ(refusal(stores_->accounts().update(new_id<UserId>(), {}, at(1))), Errc::not_found);
}

TEST_P(AccountStoreContract, finds_an_address_however_it_is_written) {
  Account account = draft_account("alice");
  account.email = "Alice@Example.ORG";
  good(stores_->accounts().create(account));
  const Account found = good(stores_->accounts().find_by_email(" aLICE@example.org "));
  EXPECT_EQ(found.id, account.id);
  EXPECT_EQ(found.email, "Alice@Example.ORG");
}

TEST_P(AccountStoreContract, refuses_an_address_that_is_taken) {
  user("alice");
  Account second = draft_account("imposter");
  second.email = "ALICE@example.org";
  EXPECT_EQ(refusal(stores_->accounts().create(second)), Errc::conflict);
  EXPECT_EQ(refusal(stores_->accounts().find(second.id)), Errc::not_found);
}

TEST_P(AccountStoreContract, lets_one_of_two_registrations_at_once_win) {
  std::vector<Task<Result<Account>>> tasks;
  for (int i = 0; i < 8; ++i) tasks.push_back(stores_->accounts().create(draft_account("alice")));
  const auto results = run_all(std::move(tasks));
  UserId winner;
  int won = 0;
  for (const auto& result : results) {
    if (result) {
      ++won;
      winner = result->id;
    } else {
      EXPECT_EQ(result.error().code, Errc::conflict);
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(good(stores_->accounts().find_by_email("alice@example.org")).id, winner);
}

TEST_P(AccountStoreContract, replaces_a_password_that_is_still_the_one_expected) {
  Account account = draft_account("alice");
  account.password_hash = "old";
  good(stores_->accounts().create(account));
  good(stores_->accounts().set_password(account.id, "old", "new", at(7)));
  EXPECT_EQ(refusal(stores_->accounts().set_password(account.id, "old", "third", at(8))),
            Errc::conflict);
  const Account found = good(stores_->accounts().find(account.id));
  EXPECT_EQ(found.password_hash, "new");
  EXPECT_EQ(found.updated_at, at(7));
  EXPECT_EQ(refusal(stores_->accounts().set_password(new_id<UserId>(), "old", "new", at(8))),
            Errc::not_found);
}

TEST_P(AccountStoreContract, lets_one_of_two_new_passwords_at_once_win) {
  Account account = draft_account("alice");
  account.password_hash = "old";
  good(stores_->accounts().create(account));
  std::vector<Task<Result<Done>>> tasks;
  for (int i = 0; i < 8; ++i)
    tasks.push_back(
        stores_->accounts().set_password(account.id, "old", "new " + std::to_string(i), at(7)));
  int won = 0;
  for (const auto& result : run_all(std::move(tasks))) won += result ? 1 : 0;
  EXPECT_EQ(won, 1);
}

TEST_P(AccountStoreContract, verifies_an_address_once_while_it_is_the_same) {
  const UserId alice = user("alice");
  EXPECT_EQ(refusal(stores_->accounts().set_email_verified(alice, "other@example.org", at(7))),
            Errc::conflict);
  EXPECT_FALSE(good(stores_->accounts().find(alice)).email_verified);
  EXPECT_TRUE(good(stores_->accounts().set_email_verified(alice, "ALICE@example.org", at(7))));
  EXPECT_FALSE(good(stores_->accounts().set_email_verified(alice, "alice@example.org", at(8))));
  const Account found = good(stores_->accounts().find(alice));
  EXPECT_TRUE(found.email_verified);
  EXPECT_EQ(found.updated_at, at(7)) << "the second time changes nothing";
  EXPECT_EQ(refusal(stores_->accounts().set_email_verified(new_id<UserId>(), "x@y.org", at(8))),
            Errc::not_found);
}

TEST_P(AccountStoreContract, tells_one_of_two_at_once_that_the_address_is_verified_now) {
  const UserId alice = user("alice");
  std::vector<Task<Result<bool>>> tasks;
  for (int i = 0; i < 8; ++i)
    tasks.push_back(stores_->accounts().set_email_verified(alice, "alice@example.org", at(7)));
  int first = 0;
  for (const auto& result : run_all(std::move(tasks))) {
    ASSERT_TRUE(result);
    first += *result ? 1 : 0;
  }
  EXPECT_EQ(first, 1);
}

TEST_P(AccountStoreContract, keeps_the_rest_of_an_account_when_one_thing_changes) {
  Account account = draft_account("alice");
  account.name = "Alice";
  account.email_notifications = false;
  good(stores_->accounts().create(account));
  good(stores_->accounts().set_password(account.id, account.password_hash, "new", at(7)));
  good(stores_->accounts().set_email_verified(account.id, account.email, at(8)));
  good(stores_->accounts().set_administrator(account.id, true, at(9)));
  account.password_hash = "new";
  account.email_verified = account.administrator = true;
  account.updated_at = at(9);
  EXPECT_EQ(good(stores_->accounts().find(account.id)), account);
  EXPECT_EQ(good(stores_->accounts().find_by_email(account.email)), account);
}

TEST_P(AccountStoreContract, makes_administrators_and_takes_it_back) {
  const UserId alice = user("alice");
  EXPECT_TRUE(good(stores_->accounts().set_administrator(alice, true, at(7))).administrator);
  EXPECT_TRUE(good(stores_->accounts().find(alice)).administrator);
  EXPECT_FALSE(good(stores_->accounts().set_administrator(alice, false, at(8))).administrator);
  EXPECT_FALSE(good(stores_->accounts().find(alice)).administrator);
  EXPECT_EQ(refusal(stores_->accounts().set_administrator(new_id<UserId>(), true, at(8))),
            Errc::not_found);
}

TEST_P(AccountStoreContract, finds_many_in_the_order_asked) {
  const UserId alice = user("alice"), bob = user("bob"), carol = user("carol");
  const auto found = good(stores_->accounts().find_many({carol, new_id<UserId>(), alice, bob}));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].id, carol);
  EXPECT_EQ(found[1].id, alice);
  EXPECT_EQ(found[2].id, bob);
  EXPECT_TRUE(good(stores_->accounts().find_many({})).empty());
}

TEST_P(AccountStoreContract, searches_by_the_beginning_of_the_username) {
  for (const char* name : {"anna", "Annabel", "andrew", "Bertha", "annika"}) user(name);
  const auto found = good(stores_->accounts().search("aNn", 20));
  std::vector<std::string> names;
  for (const Account& one : found) names.push_back(one.username);
  EXPECT_EQ(names, (std::vector<std::string>{"anna", "Annabel", "annika"}));
  EXPECT_EQ(good(stores_->accounts().search("ann", 2)).size(), 2u);
  EXPECT_TRUE(good(stores_->accounts().search("zed", 20)).empty());
  EXPECT_TRUE(good(stores_->accounts().search("nna", 20)).empty());
}

TEST_P(AccountStoreContract, finds_both_of_the_same_username) {
  Account second = draft_account("anna");
  second.email = "other@example.org";
  user("anna");
  good(stores_->accounts().create(second));
  EXPECT_EQ(good(stores_->accounts().search("anna", 20)).size(), 2u);
}

TEST_P(AccountStoreContract, searches_names_beyond_ascii) {
  user("\xC3\x84nne");
  user("\xC3\xA9mile");
  EXPECT_EQ(good(stores_->accounts().search("\xC3\x84n", 20)).size(), 1u);
  EXPECT_EQ(good(stores_->accounts().search("\xC3\xA9M", 20)).size(), 1u);
}

TEST_P(AccountStoreContract, changes_only_what_the_patch_names) {
  const UserId id = user("alice");
  ProfilePatch name;
  name.name = "Alice";
  const Account first = good(stores_->accounts().update(id, name, at(10)));
  EXPECT_EQ(first.name, "Alice");
  EXPECT_TRUE(first.email_notifications);
  EXPECT_EQ(first.updated_at, at(10));
  EXPECT_EQ(first.created_at, at(0));
  ProfilePatch rest;
  rest.avatar = "https://example.org/a.png";
  rest.email_notifications = false;
  const Account second = good(stores_->accounts().update(id, rest, at(20)));
  EXPECT_EQ(second.name, "Alice");
  EXPECT_EQ(second.avatar, "https://example.org/a.png");
  EXPECT_FALSE(second.email_notifications);
  EXPECT_EQ(good(stores_->accounts().find(id)), second);
}

TEST_P(AccountStoreContract, moves_last_seen_forward_only) {
  const UserId id = user("alice");
  good(stores_->accounts().touch_last_seen(id, at(50)));
  EXPECT_EQ(good(stores_->accounts().find(id)).last_seen, at(50));
  good(stores_->accounts().touch_last_seen(id, at(20)));
  EXPECT_EQ(good(stores_->accounts().find(id)).last_seen, at(50));
  good(stores_->accounts().touch_last_seen(id, at(70)));
  EXPECT_EQ(good(stores_->accounts().find(id)).last_seen, at(70));
}

}  // namespace parley::chat::contract
