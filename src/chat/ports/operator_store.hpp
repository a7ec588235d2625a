#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/account.hpp"
#include "chat/conversation.hpp"
#include "chat/ports/session_store.hpp"

namespace parley::chat {

struct Login {
  Family family;
  bool revoked = false;

  friend bool operator==(const Login&, const Login&) = default;
};

/// A message, and how far everybody in its conversation has got.
struct MessagePlace {
  Message message;
  std::vector<Receipt> receipts;  ///< One a participant, in their order.
};

/// What becomes of the texts that a deleted user has sent: the other side keeps them, or loses
/// them, too.
enum class SentTexts { kept, removed };
/// What stands in the place of a text that was removed.
inline constexpr std::string_view removed_text = "This message was deleted.";

/// What only an operator looks at or does, but for `logins`. Source: ADR 0009. Everything that is
/// changed is durable when a call returns.
class OperatorStore {
 public:
  virtual ~OperatorStore() = default;

  /// Everybody whose id is behind `after`, by id; at most `limit`.
  virtual Task<Result<std::vector<Account>>> accounts(std::optional<UserId> after,
                                                      std::size_t limit) = 0;
  /// not_found; conflict: the account is deleted. Gives the account as it is now.
  virtual Task<Result<Account>> set_disabled(UserId id, bool disabled, Time now) = 0;
  /// Those who are disabled: all who are not deleted, and of the others those deleted since then.
  /// By id.
  virtual Task<Result<std::vector<UserId>>> disabled(Time deleted_since) = 0;
  /// Logins that were revoked since then, by the clock of the store, the oldest first; of more than
  /// `limit` the newest. Costs what it gives, however many logins there are. Each names its family;
  /// known at least until the family expires, unless its user is deleted: all in one, then. That of
  /// the original's tokens (`originals_of`) is told once, with the time that `all_ended` gives.
  virtual Task<Result<std::vector<Ending>>> ended(Time since, std::size_t limit) = 0;
  /// Leaves nothing of the user but the id, in an account of `erased(…)`, and that all logins have
  /// ended. Done again it goes on with what is left. not_found; conflict: another account has the
  /// address that it should leave.
  virtual Task<Result<Account>> erase(UserId id, SentTexts texts, Time now) = 0;
  /// Logins that are remembered, by id; without the one of the original's tokens.
  virtual Task<Result<std::vector<Login>>> logins(UserId user) = 0;
  /// not_found.
  virtual Task<Result<MessagePlace>> place_of(MessageId id) = 0;
};

/// What the addresses of deleted accounts end with: nobody else may have such a one. Source: RFC
/// 6761, section 6.4.
inline constexpr std::string_view nobodys_domain = "@deleted.invalid";
/// What is left of an account: nobody's name and address, and nobody can log in.
Account erased(const Account& account, Time now);

}  // namespace parley::chat
