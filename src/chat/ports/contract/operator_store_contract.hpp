#pragma once

#include <gmock/gmock.h>

#include <algorithm>

#include "chat/ports/contract/stores.hpp"

namespace parley::chat::contract {

class OperatorStoreContract : public StoresTest {
 protected:
  OperatorStore& operators() { return stores_->operators(); }
  Account account(UserId id) { return good(stores_->accounts().find(id)); }
  Family login(UserId owner, std::string token_id = "one") {
    const Family family{new_id<FamilyId>(), owner, std::move(token_id), at(1'000'000)};
    good(stores_->sessions().open(family));
    return family;
  }
  std::vector<UserId> barred(Time deleted_since = at(0)) {
    return good(operators().disabled(deleted_since));
  }
  std::vector<Ending> ended(Time since = Time{}) { return good(operators().ended(since, 100)); }
  static bool is_earlier(const Ending& one, const Ending& other) { return one.at < other.at; }
  bool is_found_by(const std::string& prefix, UserId id) {
    for (const Account& one : good(stores_->accounts().search(prefix, 100))) {
      if (one.id == id) return true;
    }
    return false;
  }
};

TEST_P(OperatorStoreContract, lists_everybody_page_by_page) {
  std::vector<UserId> made;
  for (int i = 0; i < 5; ++i) made.push_back(user("u" + std::to_string(i)));
  std::sort(made.begin(), made.end());
  std::vector<UserId> seen;
  std::optional<UserId> after;
  while (true) {
    const auto page = good(operators().accounts(after, 2));
    if (page.empty()) break;
    EXPECT_LE(page.size(), 2U);
    for (const Account& one : page) seen.push_back(one.id);
    after = seen.back();
  }
  EXPECT_EQ(seen, made);
}

TEST_P(OperatorStoreContract, disables_and_enables_an_account) {
  const UserId ann = user("ann");
  EXPECT_FALSE(account(ann).disabled);
  EXPECT_TRUE(good(operators().set_disabled(ann, true, at(5))).disabled);
  EXPECT_TRUE(account(ann).disabled);
  EXPECT_EQ(account(ann).updated_at, at(5));
  EXPECT_EQ(barred(), std::vector<UserId>{ann});
  good(operators().set_disabled(ann, true, at(6)));
  EXPECT_FALSE(good(operators().set_disabled(ann, false, at(7))).disabled);
  EXPECT_EQ(barred(), std::vector<UserId>{});
  EXPECT_EQ(refusal(operators().set_disabled(new_id<UserId>(), true, at(8))), Errc::not_found);
}

TEST_P(OperatorStoreContract, other_changes_leave_an_account_disabled) {
  const UserId ann = user("ann");
  good(operators().set_disabled(ann, true, at(5)));
  ProfilePatch patch;
  patch.name = "Ann";
  good(stores_->accounts().update(ann, patch, at(6)));
  good(stores_->accounts().set_administrator(ann, true, at(7)));
  EXPECT_TRUE(account(ann).disabled);
}

TEST_P(OperatorStoreContract, shows_logins) {
  const UserId ann = user("ann"), bob = user("bob");
  const Family phone = login(ann, "p"), laptop = login(ann, "l");
  login(bob);
  auto logins = good(operators().logins(ann));
  EXPECT_EQ(logins, (std::vector<Login>{{phone, false}, {laptop, false}}));
  good(stores_->sessions().revoke(phone.id));
  logins = good(operators().logins(ann));
  std::erase_if(logins, [](const Login& one) { return one.revoked; });
  EXPECT_EQ(logins, (std::vector<Login>{{laptop, false}}));
}

TEST_P(OperatorStoreContract, tells_which_logins_have_ended_and_when) {
  const UserId ann = user("ann"), bob = user("bob");
  const Family phone = login(ann), laptop = login(ann), stolen = login(bob);
  login(bob);
  EXPECT_THAT(ended(), testing::IsEmpty());
  good(stores_->sessions().revoke(phone.id));
  const Ending first = ended().at(0);
  good(stores_->sessions().revoke_all(ann, std::nullopt));
  EXPECT_EQ(refusal(stores_->sessions().rotate(stolen, {"used before", at(1)})),
            Errc::unauthorized);

  const auto all = ended();
  std::vector<std::pair<UserId, FamilyId>> who;
  for (const Ending& one : all) who.emplace_back(one.user, one.family.value());
  EXPECT_THAT(who, testing::UnorderedElementsAre(
                       std::pair(ann, phone.id), std::pair(ann, laptop.id),
                       std::pair(ann, originals_of(ann)), std::pair(bob, stolen.id)));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), is_earlier));
  EXPECT_THAT(all, testing::Contains(first));
}

TEST_P(OperatorStoreContract, a_login_ends_once) {
  const UserId ann = user("ann");
  const Family phone = login(ann);
  good(stores_->sessions().revoke(phone.id));
  const auto once = ended();
  await_the_next_moment();
  good(stores_->sessions().revoke(phone.id));
  good(stores_->sessions().revoke(new_id<FamilyId>()));
  EXPECT_EQ(refusal(stores_->sessions().rotate(phone, {"used before", at(1)})), Errc::unauthorized);
  EXPECT_EQ(ended(), once);
  good(stores_->sessions().revoke_all(ann, std::nullopt));
  EXPECT_THAT(ended(), testing::IsSupersetOf(once));
}

TEST_P(OperatorStoreContract, tells_when_all_logins_of_a_user_ended_last) {
  const UserId ann = user("ann");
  for (int i = 0; i < 2; ++i) {
    good(stores_->sessions().revoke_all(ann, std::nullopt));
    const Ending all{ann, originals_of(ann), *good(stores_->sessions().all_ended(ann))};
    EXPECT_EQ(ended(), std::vector{all});
    await_the_next_moment();
  }
  EXPECT_EQ(good(operators().logins(ann)), std::vector<Login>{});
}

TEST_P(OperatorStoreContract, tells_of_ends_since_a_time_and_the_newest_of_too_many) {
  const UserId ann = user("ann");
  for (int i = 0; i < 4; ++i) {
    good(stores_->sessions().revoke(login(ann).id));
    await_the_next_moment();
  }
  const auto all = ended();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(ended(all[0].at), all);
  EXPECT_THAT(ended(all[3].at + std::chrono::milliseconds{1}), testing::IsEmpty());
  const auto newest = good(operators().ended(Time{}, 1));
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_EQ(newest[0].at, all[3].at);
}

TEST_P(OperatorStoreContract, erases_everything_that_says_who_somebody_was) {
  const UserId ann = user("ann"), bob = user("bob");
  ProfilePatch patch;
  patch.name = "Ann";
  patch.avatar = "https://example.org/a.png";
  good(stores_->accounts().update(ann, patch, at(1)));
  good(stores_->accounts().touch_last_seen(ann, at(2)));
  good(stores_->sessions().revoke_all(ann, std::nullopt));
  const Family phone = login(ann);
  const Message message = say(ann, bob, "hello");
  const auto before = good(stores_->sessions().all_ended(ann));
  await_the_next_moment();

  const Account left = good(operators().erase(ann, SentTexts::kept, at(9)));
  EXPECT_EQ(account(ann), left);
  EXPECT_EQ(left.id, ann);
  EXPECT_EQ(left.username, "Deleted user");
  EXPECT_EQ(left.email, ann.hex() + "@deleted.invalid");
  EXPECT_EQ(left.password_hash, "");
  EXPECT_EQ(left.name, std::nullopt);
  EXPECT_EQ(left.avatar, std::nullopt);
  EXPECT_EQ(left.last_seen, std::nullopt);
  EXPECT_TRUE(left.deleted && left.disabled);
  EXPECT_FALSE(left.administrator || left.email_notifications || left.email_verified);
  EXPECT_EQ(refusal(stores_->accounts().find_by_email("ann@example.org")), Errc::not_found);
  EXPECT_FALSE(is_found_by("ann", ann));
  EXPECT_FALSE(is_found_by("deleted", ann));
  EXPECT_EQ(good(operators().logins(ann)), std::vector<Login>{});
  const auto all_ended = good(stores_->sessions().all_ended(ann));
  ASSERT_TRUE(all_ended);
  EXPECT_GT(all_ended, before);
  const std::vector<Ending> once{{ann, originals_of(ann), *all_ended}};
  EXPECT_EQ(ended(), once);
  Family next = phone;
  next.token_id = "two";
  EXPECT_EQ(refusal(stores_->sessions().rotate(next, {"one", at(10)})), Errc::unauthorized);
  EXPECT_EQ(as_seen(message).content, "hello");
  EXPECT_EQ(refusal(operators().erase(new_id<UserId>(), SentTexts::kept, at(9))), Errc::not_found);
}

TEST_P(OperatorStoreContract, the_address_of_a_deleted_user_may_register_again) {
  const UserId ann = user("ann");
  good(operators().erase(ann, SentTexts::kept, at(9)));
  const UserId again = user("ann");
  EXPECT_NE(again, ann);
  EXPECT_EQ(good(stores_->accounts().find_by_email("ann@example.org")).id, again);
}

TEST_P(OperatorStoreContract, takes_no_address_from_another_account) {
  const UserId ann = user("ann");
  Account bob;
  bob.id = new_id<UserId>();
  bob.username = "bob";
  bob.email = ann.hex() + std::string{nobodys_domain};
  bob = good(stores_->accounts().create(bob));
  EXPECT_EQ(refusal(operators().erase(ann, SentTexts::kept, at(9))), Errc::conflict);
  EXPECT_EQ(good(stores_->accounts().find_by_email(bob.email)).id, bob.id);
  EXPECT_EQ(account(ann).username, "ann");
  good(operators().erase(bob.id, SentTexts::kept, at(9)));
  good(operators().erase(ann, SentTexts::kept, at(9)));
}

TEST_P(OperatorStoreContract, two_deleted_users_are_in_nobodys_way) {
  const UserId ann = user("ann"), bob = user("bob");
  good(operators().erase(ann, SentTexts::kept, at(1)));
  good(operators().erase(bob, SentTexts::kept, at(2)));
  EXPECT_NE(account(ann).email, account(bob).email);
}

TEST_P(OperatorStoreContract, a_deleted_user_stays_deleted_and_is_not_seen_again) {
  const UserId ann = user("ann");
  good(operators().erase(ann, SentTexts::kept, at(5)));
  EXPECT_EQ(refusal(operators().set_disabled(ann, false, at(6))), Errc::conflict);
  good(stores_->accounts().touch_last_seen(ann, at(7)));
  EXPECT_EQ(account(ann).last_seen, std::nullopt);
  EXPECT_EQ(barred(at(4)), std::vector<UserId>{ann});
  EXPECT_EQ(barred(at(6)), std::vector<UserId>{});
}

TEST_P(OperatorStoreContract, nothing_is_put_back_into_an_account_that_is_deleted) {
  const UserId ann = user("ann");
  const Account left = good(operators().erase(ann, SentTexts::kept, at(5)));
  ProfilePatch patch;
  patch.name = "Ann";
  AccountStore& accounts = stores_->accounts();
  EXPECT_EQ(refusal(accounts.update(ann, patch, at(6))), Errc::not_found);
  EXPECT_EQ(refusal(accounts.set_password(ann, "", "new", at(6))), Errc::not_found);
  EXPECT_EQ(refusal(accounts.set_email_verified(ann, left.email, at(6))), Errc::not_found);
  EXPECT_EQ(refusal(accounts.set_administrator(ann, true, at(6))), Errc::not_found);
  EXPECT_EQ(account(ann), left);
}

TEST_P(OperatorStoreContract, removes_sent_texts_when_asked_and_leaves_those_of_others) {
  const UserId ann = user("ann"), bob = user("bob"), eve = user("eve");
  auto first = draft(ann, bob, "first");
  first.client_id = "c1";
  const Message one = good(stores_->messages().append(first)).message;
  const Message answer = say(bob, ann, "answer");
  for (int i = 0; i < 600; ++i) say(ann, bob, "more");
  const Message elsewhere = say(ann, eve, "elsewhere");
  good(operators().erase(ann, SentTexts::removed, at(9)));
  const auto all = all_of(one.conversation_id, bob);
  ASSERT_EQ(all.size(), 602U);
  for (const Message& message : all) {
    EXPECT_EQ(message.content, message.sender == ann ? removed_text : "answer");
    EXPECT_EQ(message.client_id, std::nullopt);
  }
  EXPECT_EQ(as_seen(answer).content, "answer");
  EXPECT_EQ(as_seen(elsewhere).content, removed_text);
  const auto list = good(stores_->conversations().list(bob, std::nullopt, 10)).summaries;
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].last_message->content, removed_text);
  EXPECT_EQ(list[0].unread_count, 601U);
}

TEST_P(OperatorStoreContract, erasing_again_may_remove_the_texts_that_were_kept) {
  const UserId ann = user("ann"), bob = user("bob");
  const Message message = say(ann, bob, "hello");
  const Account once = good(operators().erase(ann, SentTexts::kept, at(9)));
  EXPECT_EQ(good(operators().erase(ann, SentTexts::removed, at(10))), once);
  EXPECT_EQ(as_seen(message).content, removed_text);
}

TEST_P(OperatorStoreContract, a_conversation_with_a_deleted_user_goes_on_for_the_other) {
  const UserId ann = user("ann"), bob = user("bob");
  say(ann, bob, "hello");
  good(operators().erase(ann, SentTexts::removed, at(9)));
  const Message late = say(bob, ann, "are you there?");
  EXPECT_EQ(late.seq, 2U);
  EXPECT_EQ(all_of(late.conversation_id, bob).size(), 2U);
}

TEST_P(OperatorStoreContract, knows_where_a_message_is_and_how_far_people_have_got) {
  const UserId ann = user("ann"), bob = user("bob");
  const Message one = say(ann, bob, "one"), two = say(ann, bob, "two");
  deliver(two, at(2000));
  read(one, at(3000));
  const MessagePlace place = good(operators().place_of(two.id));
  EXPECT_EQ(place.message.seq, 2U);
  EXPECT_EQ(place.message.status(), Status::delivered);
  EXPECT_EQ(place.message.delivered_at, at(2000));
  ASSERT_EQ(place.receipts.size(), 2U);
  const Receipt& receipt = place.receipts[place.receipts[0].user == bob ? 0 : 1];
  EXPECT_EQ(receipt.user, bob);
  EXPECT_EQ(receipt.delivered_seq, 2U);
  EXPECT_EQ(receipt.read_seq, 1U);
  EXPECT_EQ(refusal(operators().place_of(new_id<MessageId>())), Errc::not_found);
}

}  // namespace parley::chat::contract
