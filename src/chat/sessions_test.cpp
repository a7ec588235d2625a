#include "chat/sessions.hpp"

#include <gtest/gtest.h>

#include <set>

#include "chat/fakes/credentials.hpp"
#include "chat/fakes/memory_sessions.hpp"
#include "chat/fakes/run.hpp"
#include "chat/fakes/sessions_in_front.hpp"

namespace parley::chat {

using namespace std::chrono_literals;

class SessionsTest : public ::testing::Test {
 protected:
  template <class T>
  Result<T> run(Task<Result<T>> task) {
    return fakes::run(context_, std::move(task));
  }
  TokenPair open(UserId user) { return *run(sessions_.open(user, now_)); }
  Result<TokenPair> refresh(std::string token, Time now) {
    return run(sessions_.refresh(std::move(token), now));
  }
  static void expect_refused(const Error& error) {
    EXPECT_EQ(error, fail(Errc::unauthorized, "Invalid token"));
  }
  /// A refresh token as the Node original minted it.
  std::string original_token(UserId user, std::chrono::seconds age = 10s) {
    const Time issued = now_ - age;
    return signer_.sign(TokenUse::refresh, {user, std::nullopt, {}, issued, issued + 7 * 24h});
  }

  Time now_ = from_unix_ms(1'760'000'000'000);
  asio::io_context context_{1};
  fakes::MemorySessions store_;
  fakes::LedgerSigner signer_;
  ObjectIdSource ids_;
  Sessions sessions_{store_, signer_, ids_,
                     SessionSettings{.access_ttl = 15min, .refresh_ttl = 7 * 24h}};
  UserId alice_{ids_.next(now_)};
  UserId bob_{ids_.next(now_)};
};

TEST_F(SessionsTest, opens_with_tokens_that_say_who_and_until_when) {
  const TokenPair pair = open(alice_);
  const auto access = sessions_.authenticate(pair.access, now_);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->user, alice_);
  EXPECT_EQ(access->issued_at, now_);
  EXPECT_EQ(access->expires_at, now_ + 15min);
  const auto refresh = signer_.verify(TokenUse::refresh, pair.refresh, now_);
  EXPECT_EQ(refresh->expires_at, now_ + 7 * 24h);
  EXPECT_EQ(refresh->family, access->family);
  EXPECT_NE(refresh->token_id, access->token_id);
}

TEST_F(SessionsTest, refuses_access_tokens_of_a_login_that_has_ended) {
  Bars bars;
  Sessions sessions{store_, signer_, ids_,
                    SessionSettings{.access_ttl = 15min, .refresh_ttl = 7 * 24h}, &bars};
  const TokenPair phone = open(alice_), laptop = open(alice_);
  const auto family = sessions.authenticate(phone.access, now_)->family;
  sessions.end(alice_, family, now_);
  expect_refused(sessions.authenticate(phone.access, now_).error());
  EXPECT_TRUE(sessions.authenticate(laptop.access, now_));
  sessions.end(alice_, std::nullopt, now_ + 1s);
  expect_refused(sessions.authenticate(laptop.access, now_ + 1s).error());
}

TEST_F(SessionsTest, tells_logins_that_have_ended_from_one_of_the_same_second) {
  Bars bars;
  Sessions sessions{store_, signer_, ids_, SessionSettings{.access_ttl = 15min}, &bars};
  const TokenPair phone = open(alice_);
  sessions.end(alice_, *run(sessions.logout_all(alice_)), now_ + 5ms);
  sessions.end(alice_, std::nullopt, now_ + 5ms);
  const TokenPair again = open(alice_);
  expect_refused(sessions.authenticate(phone.access, now_ + 10ms).error());
  EXPECT_TRUE(sessions.authenticate(again.access, now_ + 10ms));
}

TEST_F(SessionsTest, writes_whole_seconds) {
  now_ += 999ms;
  const auto claims = sessions_.authenticate(open(alice_).access, now_);
  EXPECT_EQ(claims->issued_at, now_ - 999ms);
  EXPECT_EQ(claims->expires_at, now_ - 999ms + 15min);
}

TEST_F(SessionsTest, refuses_an_access_token_that_is_expired_or_none) {
  const TokenPair pair = open(alice_);
  EXPECT_TRUE(sessions_.authenticate(pair.access, now_ + 15min - 1ms));
  expect_refused(sessions_.authenticate(pair.access, now_ + 15min).error());
  expect_refused(sessions_.authenticate(pair.refresh, now_).error());
  expect_refused(sessions_.authenticate("nonsense", now_).error());
  expect_refused(sessions_.authenticate("", now_).error());
}

TEST_F(SessionsTest, rotates_within_one_family) {
  const TokenPair first = open(alice_);
  const auto second = refresh(first.refresh, now_ + 1min);
  ASSERT_TRUE(second);
  EXPECT_NE(second->refresh, first.refresh);
  EXPECT_NE(second->access, first.access);
  EXPECT_EQ(sessions_.authenticate(second->access, now_ + 1min)->family,
            sessions_.authenticate(first.access, now_ + 1min)->family);
  EXPECT_TRUE(refresh(second->refresh, now_ + 2min));
}

TEST_F(SessionsTest, makes_different_tokens_within_one_second) {
  std::set<std::string> tokens;
  std::string token = open(alice_).refresh;
  for (int i = 0; i < 10; ++i) {
    tokens.insert(token);
    token = refresh(token, now_)->refresh;
  }
  EXPECT_EQ(tokens.size(), 10u);
}

TEST_F(SessionsTest, revokes_the_family_when_a_rotated_token_comes_back) {
  const TokenPair first = open(alice_);
  const auto second = refresh(first.refresh, now_ + 1min);
  expect_refused(refresh(first.refresh, now_ + 2min).error());
  expect_refused(refresh(second->refresh, now_ + 3min).error());
  EXPECT_TRUE(refresh(open(alice_).refresh, now_ + 4min)) << "another login is another family";
}

TEST_F(SessionsTest, refuses_a_refresh_token_that_is_expired_or_none) {
  const TokenPair pair = open(alice_);
  expect_refused(refresh(pair.refresh, now_ + 7 * 24h).error());
  expect_refused(refresh(pair.access, now_).error());
  expect_refused(refresh("nonsense", now_).error());
}

TEST_F(SessionsTest, accepts_a_token_of_the_original_once) {
  const std::string token = original_token(alice_);
  const auto first = refresh(token, now_);
  ASSERT_TRUE(first);
  EXPECT_EQ(sessions_.authenticate(first->access, now_)->user, alice_);
  const auto second = refresh(first->refresh, now_ + 1min);
  EXPECT_TRUE(second);
  expect_refused(refresh(token, now_ + 2min).error());
  expect_refused(refresh(second->refresh, now_ + 3min).error());
  expect_refused(refresh(token, now_ + 4min).error());
}

TEST_F(SessionsTest, keeps_the_originals_tokens_apart) {
  EXPECT_TRUE(refresh(original_token(alice_, 10s), now_));
  EXPECT_TRUE(refresh(original_token(alice_, 11s), now_));
  EXPECT_TRUE(refresh(original_token(bob_, 10s), now_));
}

TEST_F(SessionsTest, remembers_a_token_of_the_original_as_long_as_it_lives) {
  Sessions brief{store_, signer_, ids_, SessionSettings{.access_ttl = 1min, .refresh_ttl = 2min}};
  const std::string token = original_token(alice_);
  const auto pair = run(brief.refresh(token, now_));
  ASSERT_TRUE(pair);
  const auto family = store_.find(*brief.authenticate(pair->access, now_)->family);
  EXPECT_EQ(family->expires_at, signer_.verify(TokenUse::refresh, token, now_)->expires_at);
}

TEST_F(SessionsTest, derives_an_originals_family_from_its_claims_alone) {
  const Claims claims{alice_, std::nullopt, {}, now_, now_ + 1h};
  Claims other = claims;
  EXPECT_EQ(family_of_original(claims), family_of_original(other));
  other.issued_at += 1s;
  EXPECT_NE(family_of_original(claims), family_of_original(other));
  other = claims;
  other.expires_at += 1s;
  EXPECT_NE(family_of_original(claims), family_of_original(other));
  other = claims;
  other.user.bytes[11] ^= 1;
  EXPECT_NE(family_of_original(claims), family_of_original(other));
}

TEST_F(SessionsTest, logs_one_device_out) {
  const TokenPair phone = open(alice_), laptop = open(alice_);
  const auto revoked = run(sessions_.logout(phone.refresh, now_));
  const FamilyId family = *sessions_.authenticate(phone.access, now_)->family;
  EXPECT_EQ(*revoked, (Revoked{alice_, family}));
  expect_refused(refresh(phone.refresh, now_).error());
  EXPECT_TRUE(refresh(laptop.refresh, now_));
  EXPECT_TRUE(run(sessions_.logout(phone.refresh, now_))) << "twice is no harm";
}

TEST_F(SessionsTest, logs_out_with_a_rotated_token_too) {
  const TokenPair first = open(alice_);
  const auto second = refresh(first.refresh, now_);
  EXPECT_TRUE(run(sessions_.logout(first.refresh, now_)));
  expect_refused(refresh(second->refresh, now_).error());
}

TEST_F(SessionsTest, logs_nobody_out_for_a_bad_token) {
  const TokenPair pair = open(alice_);
  expect_refused(run(sessions_.logout("nonsense", now_)).error());
  expect_refused(run(sessions_.logout(pair.access, now_)).error());
  EXPECT_TRUE(refresh(pair.refresh, now_));
}

TEST_F(SessionsTest, logs_out_a_token_of_the_original_before_and_after_its_use) {
  const std::string unused = original_token(alice_, 10s), used = original_token(alice_, 20s);
  EXPECT_TRUE(run(sessions_.logout(unused, now_)));
  expect_refused(refresh(unused, now_).error());
  const auto pair = refresh(used, now_);
  EXPECT_TRUE(run(sessions_.logout(used, now_)));
  expect_refused(refresh(pair->refresh, now_).error());
}

TEST_F(SessionsTest, logs_all_devices_out) {
  const TokenPair phone = open(alice_), laptop = open(alice_), bobs = open(bob_);
  EXPECT_EQ(run(sessions_.logout_all(alice_))->size(), 2u);
  expect_refused(refresh(phone.refresh, now_).error());
  expect_refused(refresh(laptop.refresh, now_).error());
  EXPECT_TRUE(refresh(bobs.refresh, now_));
}

TEST_F(SessionsTest, refuses_tokens_of_the_original_from_before_all_logins_ended) {
  EXPECT_TRUE(run(sessions_.logout_all(alice_))->empty());
  now_ = std::chrono::floor<std::chrono::seconds>(**run(store_.all_ended(alice_)));
  const std::string stolen = original_token(alice_, 1s);
  const auto pair = refresh(stolen, now_);
  ASSERT_FALSE(pair);
  expect_refused(pair.error());
  expect_refused(refresh(stolen, now_).error());
  EXPECT_TRUE(refresh(original_token(alice_, 0s), now_)) << "it may have come after";
  EXPECT_TRUE(refresh(original_token(bob_, 1s), now_));
}

namespace {
/// Somebody ends all logins of a user just before one is opened.
class EndedMeanwhile final : public fakes::SessionsInFront {
 public:
  using SessionsInFront::SessionsInFront;
  Task<Result<Done>> open(Family family) override {
    (void)co_await inner_.revoke_all(family.user, std::nullopt);
    co_return co_await inner_.open(std::move(family));
  }
};
}  // namespace

TEST_F(SessionsTest, lets_nobody_in_with_such_a_token_while_all_logins_end) {
  EndedMeanwhile store{store_};
  Sessions sessions{store, signer_, ids_, {}};
  const std::string stolen = original_token(alice_);
  const auto pair = run(sessions.refresh(stolen, now_));
  ASSERT_FALSE(pair);
  expect_refused(pair.error());
  ASSERT_EQ(store_.of(alice_).size(), 1u);
  EXPECT_TRUE(store_.of(alice_)[0].revoked);
}

TEST_F(SessionsTest, gives_the_same_refresh_token_again_within_the_leeway) {
  using namespace std::chrono_literals;
  Sessions sessions{store_, signer_, ids_, {15min, 24h, 10s}};
  const TokenPair first = *run(sessions.open(alice_, now_));
  const auto lost = run(sessions.refresh(first.refresh, now_ + 60s));
  const auto again = run(sessions.refresh(first.refresh, now_ + 70s));
  ASSERT_TRUE(lost && again);
  EXPECT_TRUE(sessions.authenticate(again->access, now_ + 70s));
  const auto next = run(sessions.refresh(again->refresh, now_ + 80s));
  ASSERT_TRUE(next);
  // Whoever has the other answer, a thief perhaps, has the same token: used now.
  ASSERT_TRUE(run(sessions.refresh(lost->refresh, now_ + 90s))) << "a repeat of the next one";
  const auto late = run(sessions.refresh(lost->refresh, now_ + 91s));
  ASSERT_FALSE(late);
  expect_refused(late.error());
  EXPECT_FALSE(run(sessions.refresh(next->refresh, now_ + 92s))) << "the login has ended";
}

namespace {
/// A store that cannot be reached.
class BrokenSessions final : public SessionStore {
 public:
  Task<Result<Done>> open(Family) override { co_return fail(Errc::unavailable, "disk"); }
  Task<Result<Done>> rotate(Family, Presented) override {
    co_return fail(Errc::unavailable, "disk");
  }
  Task<Result<Done>> revoke(FamilyId) override { co_return fail(Errc::unavailable, "disk"); }
  Task<Result<std::vector<FamilyId>>> revoke_all(UserId, std::optional<FamilyId>) override {
    co_return fail(Errc::unavailable, "disk");
  }
  Task<Result<std::optional<Time>>> all_ended(UserId) override {
    co_return fail(Errc::unavailable, "disk");
  }
};
}  // namespace

TEST_F(SessionsTest, does_not_blame_the_token_for_a_broken_store) {
  const TokenPair pair = open(alice_);
  BrokenSessions broken;
  Sessions sessions{broken, signer_, ids_, {}};
  EXPECT_EQ(run(sessions.open(alice_, now_)).error().code, Errc::unavailable);
  EXPECT_EQ(run(sessions.refresh(pair.refresh, now_)).error().code, Errc::unavailable);
  EXPECT_EQ(run(sessions.refresh(original_token(alice_), now_)).error().code, Errc::unavailable);
  EXPECT_EQ(run(sessions.logout(pair.refresh, now_)).error().code, Errc::unavailable);
  EXPECT_EQ(run(sessions.logout(original_token(alice_), now_)).error().code, Errc::unavailable);
  EXPECT_EQ(run(sessions.logout_all(alice_)).error().code, Errc::unavailable);
}

}  // namespace parley::chat
