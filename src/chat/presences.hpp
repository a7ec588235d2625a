#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/limits.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/conversation_store.hpp"
#include "chat/ports/presence_store.hpp"

namespace parley::chat {

/// Somebody came online or went offline, and who is to be told.
struct PresenceChange {
  Presence presence;
  std::vector<UserId> audience;  ///< People who share a conversation with them.
};

/// Who is online. Keeps nothing itself: any shard may call it, and results come back there. Its
/// ports outlive it.
class Presences {
 public:
  Presences(PresenceStore& store, AccountStore& accounts, ConversationStore& conversations,
            Limits limits);

  /// A device connected; a change when it is the user's first. `device` is unique.
  Task<Result<std::optional<PresenceChange>>> arrive(UserId user, std::string device, Time now);
  /// A device left; a change when it was the last: last_seen is kept in the account, too.
  Task<Result<std::optional<PresenceChange>>> leave(UserId user, std::string device, Time now);

  /// One entry an id, in order. bad_request for more than Limits::status_ids_max.
  Task<Result<std::vector<Presence>>> status(std::vector<UserId> users);
  /// not_found: no such user.
  Task<Result<Presence>> status_of(UserId user);

 private:
  Task<Result<std::optional<PresenceChange>>> change(Presence presence);

  PresenceStore& store_;
  AccountStore& accounts_;
  ConversationStore& conversations_;
  Limits limits_;
};

}  // namespace parley::chat
