#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/limits.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/credentials.hpp"
#include "chat/ports/mail_queue.hpp"
#include "chat/ports/session_store.hpp"

namespace parley::chat {

struct RecoverySettings {
  std::chrono::seconds reset_ttl{60 * 60};
  std::chrono::seconds verification_ttl{24 * 60 * 60};
};

/// What links in mails do: a new password, a verified address, no more mails. A link carries a
/// fingerprint of what it changes, so that it is good once, and nothing about it is stored. Keeps
/// nothing itself: any shard. Its ports outlive it, and their errors are passed on.
class Recovery {
 public:
  Recovery(AccountStore& accounts, PasswordHasher& hasher, SessionStore& sessions,
           const LinkSigner& signer, MailQueue& mail, Limits limits, RecoverySettings settings);

  /// bad_request: no e-mail address. Otherwise the same answer, after the same work, whoever has
  /// it.
  Task<Result<Done>> ask_reset(std::string email, Time now);
  struct Reset {
    UserId user;
    std::vector<FamilyId> ended;  ///< Logins that were open.
  };
  /// Sets the password and ends all logins; who has the mail has the address, which is verified by
  /// that. unauthorized: the link is used, expired or forged, without a difference. bad_request
  /// with fields: the password.
  Task<Result<Reset>> reset(std::string token, std::string password, Time now);

  /// Nothing is sent when the address is verified already. not_found.
  Task<Result<Done>> ask_verification(UserId user, Time now);
  /// unauthorized, as above.
  Task<Result<Done>> verify(std::string token, Time now);
  /// No more mails about messages. Good any number of times. unauthorized.
  Task<Result<Done>> unsubscribe(std::string token, Time now);

  /// For the links of a mail that is written now.
  std::string reset_token(const Account& account, Time now) const;
  /// nullopt: verified already.
  std::optional<std::string> verification_token(const Account& account, Time now) const;
  std::string unsubscribe_token(UserId user, Time now) const;

 private:
  std::string password_state(const Account& account) const;
  std::string email_state(const Account& account) const;

  AccountStore& accounts_;
  PasswordHasher& hasher_;
  SessionStore& sessions_;
  const LinkSigner& signer_;
  MailQueue& mail_;
  Limits limits_;
  RecoverySettings settings_;
};

}  // namespace parley::chat
