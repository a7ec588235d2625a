#include "chat/recovery.hpp"

#include <utility>

#include "chat/rules.hpp"

namespace parley::chat {

namespace {

/// Mails are found again after months.
constexpr std::chrono::hours unsubscribe_ttl{24 * 365};

Error bad_link() { return fail(Errc::unauthorized, "This link is not valid any more"); }

/// What a refusal of the store means for who followed a link.
Error refused(const Error& error) {
  const bool is_over = error.code == Errc::conflict || error.code == Errc::not_found;
  return is_over ? bad_link() : error;
}

}  // namespace

Recovery::Recovery(AccountStore& accounts, PasswordHasher& hasher, SessionStore& sessions,
                   const LinkSigner& signer, MailQueue& mail, Limits limits,
                   RecoverySettings settings)
    : accounts_(accounts),
      hasher_(hasher),
      sessions_(sessions),
      signer_(signer),
      mail_(mail),
      limits_(limits),
      settings_(settings) {}

Task<Result<Done>> Recovery::ask_reset(std::string email, Time now) {
  const auto checked = check_email(email, limits_);
  if (!checked) co_return checked.error();
  std::string good = *checked;
  co_return co_await mail_.password_reset(std::move(good), now);
}

Task<Result<Recovery::Reset>> Recovery::reset(std::string token, std::string password, Time now) {
  const auto claims = signer_.verify(LinkUse::reset_password, token, now);
  if (!claims) co_return bad_link();
  if (const auto checked = check_password(password, limits_); !checked) co_return checked.error();
  const auto account = co_await accounts_.find(claims->user);
  if (!account) co_return refused(account.error());
  if (password_state(*account) != claims->state) co_return bad_link();
  auto hash = co_await hasher_.hash(std::move(password));
  if (!hash) co_return hash.error();
  // While the link is good: who is told that this failed can follow it again.
  auto ended = co_await sessions_.revoke_all(account->id, std::nullopt);
  if (!ended) co_return ended.error();
  const auto verified = co_await accounts_.set_email_verified(account->id, account->email, now);
  if (!verified) co_return refused(verified.error());
  // Of two who follow the link at once one wins.
  const auto set =
      co_await accounts_.set_password(account->id, account->password_hash, std::move(*hash), now);
  if (!set) co_return refused(set.error());
  // Whoever logged in with the old password meanwhile.
  const auto late = co_await sessions_.revoke_all(account->id, std::nullopt);
  if (!late) co_return late.error();
  ended->insert(ended->end(), late->begin(), late->end());
  co_return Reset{account->id, std::move(*ended)};
}

Task<Result<Done>> Recovery::ask_verification(UserId user, Time now) {
  const auto account = co_await accounts_.find(user);
  if (!account) co_return account.error();
  if (account->email_verified) co_return Done{};
  co_return co_await mail_.verification(user, now);
}

Task<Result<Done>> Recovery::verify(std::string token, Time now) {
  const auto claims = signer_.verify(LinkUse::verify_email, token, now);
  if (!claims) co_return bad_link();
  const auto account = co_await accounts_.find(claims->user);
  if (!account) co_return refused(account.error());
  if (email_state(*account) != claims->state) co_return bad_link();
  const auto verified = co_await accounts_.set_email_verified(account->id, account->email, now);
  if (!verified) co_return refused(verified.error());
  if (!*verified) co_return bad_link();
  co_return Done{};
}

Task<Result<Done>> Recovery::unsubscribe(std::string token, Time now) {
  const auto claims = signer_.verify(LinkUse::unsubscribe, token, now);
  if (!claims) co_return bad_link();
  ProfilePatch patch;
  patch.email_notifications = false;
  const auto done = co_await accounts_.update(claims->user, std::move(patch), now);
  // Nobody writes to who is deleted.
  if (!done && done.error().code != Errc::not_found) co_return done.error();
  co_return Done{};
}

std::string Recovery::reset_token(const Account& account, Time now) const {
  return signer_.sign(LinkUse::reset_password,
                      {account.id, password_state(account), now + settings_.reset_ttl});
}

std::optional<std::string> Recovery::verification_token(const Account& account, Time now) const {
  if (account.email_verified) return std::nullopt;
  return signer_.sign(LinkUse::verify_email,
                      {account.id, email_state(account), now + settings_.verification_ttl});
}

std::string Recovery::unsubscribe_token(UserId user, Time now) const {
  return signer_.sign(LinkUse::unsubscribe, {user, {}, now + unsubscribe_ttl});
}

std::string Recovery::password_state(const Account& account) const {
  return signer_.fingerprint(account.password_hash);
}

std::string Recovery::email_state(const Account& account) const {
  return signer_.fingerprint(fold_email(account.email));
}

}  // namespace parley::chat
