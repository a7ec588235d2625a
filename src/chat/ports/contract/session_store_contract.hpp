#pragma once

#include <algorithm>

#include "chat/ports/contract/stores.hpp"

namespace parley::chat::contract {

class SessionStoreContract : public StoresTest {
 protected:
  Family family(UserId owner, std::string token_id, Time expires_at = at(100'000)) {
    return Family{new_id<FamilyId>(), owner, std::move(token_id), expires_at};
  }
  Family opened(UserId owner, std::string token_id, Time expires_at = at(100'000)) {
    const Family made = family(owner, std::move(token_id), expires_at);
    good(stores_->sessions().open(made));
    return made;
  }
  Task<Result<Done>> rotate(Family now, std::string presented, std::string next,
                            Time time = at(1)) {
    now.token_id = std::move(next);
    return stores_->sessions().rotate(std::move(now), {std::move(presented), time, leeway_});
  }

  std::chrono::seconds leeway_{};
};

TEST_P(SessionStoreContract, takes_a_repeat_within_the_leeway_for_one) {
  Family phone = opened(new_id<UserId>(), "one", at(100'000));
  phone.expires_at = at(200'000);
  good(rotate(phone, "one", "two"));
  leeway_ = std::chrono::seconds{10};
  phone.expires_at = at(210'000);
  good(rotate(phone, "one", "two"));
  EXPECT_EQ(refusal(rotate(phone, "one", "of another token")), Errc::unauthorized);
  EXPECT_EQ(refusal(rotate(phone, "two", "three")), Errc::unauthorized) << "it is revoked";
}

TEST_P(SessionStoreContract, takes_no_repeat_after_the_leeway_nor_without_one) {
  for (const int leeway : {0, 10}) {
    leeway_ = std::chrono::seconds{leeway};
    Family phone = opened(new_id<UserId>(), "one", at(100'000));
    phone.expires_at = at(200'000);
    good(rotate(phone, "one", "two"));
    phone.expires_at = at(leeway == 0 ? 200'000 : 211'000);
    EXPECT_EQ(refusal(rotate(phone, "one", "two")), Errc::unauthorized);
    EXPECT_EQ(refusal(rotate(phone, "two", "three")), Errc::unauthorized) << "it is revoked";
  }
}

TEST_P(SessionStoreContract, takes_no_repeat_of_what_came_before_the_last) {
  const Family phone = opened(new_id<UserId>(), "one");
  leeway_ = std::chrono::seconds{10};
  good(rotate(phone, "one", "two"));
  good(rotate(phone, "two", "three"));
  EXPECT_EQ(refusal(rotate(phone, "one", "two")), Errc::unauthorized);
  EXPECT_EQ(refusal(rotate(phone, "three", "four")), Errc::unauthorized) << "it is revoked";
}

TEST_P(SessionStoreContract, rotates_the_newest_token_again_and_again) {
  const Family phone = opened(new_id<UserId>(), "one");
  EXPECT_TRUE(run(rotate(phone, "one", "two")));
  EXPECT_TRUE(run(rotate(phone, "two", "three")));
  EXPECT_TRUE(run(rotate(phone, "three", "four")));
}

TEST_P(SessionStoreContract, revokes_the_family_when_an_old_token_comes_back) {
  const Family phone = opened(new_id<UserId>(), "one");
  good(rotate(phone, "one", "two"));
  EXPECT_EQ(refusal(rotate(phone, "one", "thief")), Errc::unauthorized);
  EXPECT_EQ(refusal(rotate(phone, "two", "three")), Errc::unauthorized);
}

TEST_P(SessionStoreContract, leaves_other_families_alone_when_it_revokes_one) {
  const UserId owner = new_id<UserId>();
  const Family phone = opened(owner, "p1");
  const Family laptop = opened(owner, "l1");
  EXPECT_EQ(refusal(rotate(phone, "wrong", "p2")), Errc::unauthorized);
  EXPECT_TRUE(run(rotate(laptop, "l1", "l2")));
}

TEST_P(SessionStoreContract, lets_one_of_two_rotations_at_once_win) {
  const Family phone = opened(new_id<UserId>(), "one");
  std::vector<Task<Result<Done>>> tasks;
  for (int i = 0; i < 8; ++i) tasks.push_back(rotate(phone, "one", "next-" + std::to_string(i)));
  const auto results = run_all(std::move(tasks));
  EXPECT_EQ(
      std::count_if(results.begin(), results.end(), [](const auto& r) { return r.has_value(); }),
      1);
}

TEST_P(SessionStoreContract, refuses_unknown_and_expired_families) {
  const UserId owner = new_id<UserId>();
  EXPECT_EQ(refusal(rotate(family(owner, "one"), "one", "two")), Errc::unauthorized);
  const Family old = opened(owner, "one", at(10));
  EXPECT_EQ(refusal(rotate(old, "one", "two", at(10))), Errc::unauthorized);
}

TEST_P(SessionStoreContract, does_not_revoke_a_family_because_it_was_asked_for_another) {
  const Family phone = opened(new_id<UserId>(), "one");
  Family stolen = phone;
  stolen.user = new_id<UserId>();
  EXPECT_EQ(refusal(rotate(stolen, "one", "two")), Errc::unauthorized);
  EXPECT_TRUE(run(rotate(phone, "one", "two")));
}

TEST_P(SessionStoreContract, lives_as_long_as_its_newest_token) {
  Family phone = opened(new_id<UserId>(), "one", at(100));
  phone.expires_at = at(200);
  good(rotate(phone, "one", "two", at(90)));
  EXPECT_TRUE(run(rotate(phone, "two", "three", at(190))));
}

TEST_P(SessionStoreContract, never_shortens_a_family) {
  Family phone = opened(new_id<UserId>(), "one", at(200));
  phone.expires_at = at(100);
  good(rotate(phone, "one", "two", at(50)));
  EXPECT_TRUE(run(rotate(phone, "two", "three", at(150))));
}

TEST_P(SessionStoreContract, opens_an_id_once) {
  const Family phone = opened(new_id<UserId>(), "one");
  EXPECT_EQ(refusal(stores_->sessions().open(phone)), Errc::conflict);
  good(rotate(phone, "one", "two"));
  EXPECT_EQ(refusal(stores_->sessions().open(phone)), Errc::conflict);
  good(stores_->sessions().revoke(phone.id));
  EXPECT_EQ(refusal(stores_->sessions().open(phone)), Errc::conflict);
}

TEST_P(SessionStoreContract, lets_one_of_two_openings_at_once_win) {
  const Family phone = family(new_id<UserId>(), "one");
  std::vector<Task<Result<Done>>> tasks;
  for (int i = 0; i < 4; ++i) tasks.push_back(stores_->sessions().open(phone));
  const auto results = run_all(std::move(tasks));
  EXPECT_EQ(
      std::count_if(results.begin(), results.end(), [](const auto& r) { return r.has_value(); }),
      1);
}

TEST_P(SessionStoreContract, refuses_the_tokens_of_a_revoked_family) {
  const Family phone = opened(new_id<UserId>(), "one");
  good(stores_->sessions().revoke(phone.id));
  EXPECT_EQ(refusal(rotate(phone, "one", "two")), Errc::unauthorized);
  EXPECT_TRUE(run(stores_->sessions().revoke(phone.id)));
  EXPECT_TRUE(run(stores_->sessions().revoke(new_id<FamilyId>())));
}

TEST_P(SessionStoreContract, revokes_all_of_one_user_and_nobody_elses) {
  const UserId alice = new_id<UserId>(), bob = new_id<UserId>();
  const Family phone = opened(alice, "p"), laptop = opened(alice, "l"), gone = opened(alice, "g");
  const Family bobs = opened(bob, "b");
  good(stores_->sessions().revoke(gone.id));
  auto revoked = good(stores_->sessions().revoke_all(alice, std::nullopt));
  std::sort(revoked.begin(), revoked.end());
  std::vector<FamilyId> expected{phone.id, laptop.id};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(revoked, expected);
  EXPECT_EQ(refusal(rotate(phone, "p", "p2")), Errc::unauthorized);
  EXPECT_EQ(refusal(rotate(laptop, "l", "l2")), Errc::unauthorized);
  EXPECT_TRUE(run(rotate(bobs, "b", "b2")));
  EXPECT_TRUE(good(stores_->sessions().revoke_all(alice, std::nullopt)).empty());
}

TEST_P(SessionStoreContract, spares_one_family_when_it_revokes_all) {
  const UserId alice = new_id<UserId>();
  const Family phone = opened(alice, "p"), laptop = opened(alice, "l");
  EXPECT_EQ(good(stores_->sessions().revoke_all(alice, laptop.id)), std::vector{phone.id});
  EXPECT_EQ(refusal(rotate(phone, "p", "p2")), Errc::unauthorized);
  EXPECT_TRUE(run(rotate(laptop, "l", "l2")));
}

TEST_P(SessionStoreContract, remembers_when_all_of_a_user_ended_even_if_there_was_none) {
  const UserId alice = new_id<UserId>(), bob = new_id<UserId>();
  EXPECT_EQ(good(stores_->sessions().all_ended(alice)), std::nullopt);
  EXPECT_TRUE(good(stores_->sessions().revoke_all(alice, std::nullopt)).empty());
  const auto first = good(stores_->sessions().all_ended(alice));
  EXPECT_TRUE(first);
  EXPECT_EQ(good(stores_->sessions().all_ended(bob)), std::nullopt);
  await_the_next_moment();
  const Family phone = opened(alice, "p");
  good(stores_->sessions().revoke_all(alice, phone.id));
  EXPECT_GT(good(stores_->sessions().all_ended(alice)), first);
}

}  // namespace parley::chat::contract
