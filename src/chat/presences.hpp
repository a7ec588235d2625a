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

  /// A device connected; true when it is the user's first. `device` is unique.
  Task<Result<bool>> arrive(UserId user, std::string device, Time now);
  /// A device left; true when it was the last: last_seen is kept in the account, too.
  Task<Result<bool>> leave(UserId user, std::string device, Time now);
  /// How a user stands now, and who is to hear of it. Changes come in any order when devices come
  /// and go at once; what is asked here is true when it is answered.
  Task<Result<PresenceChange>> news(UserId user);

  /// One entry an id, in order. bad_request for more than Limits::status_ids_max.
  Task<Result<std::vector<Presence>>> status(std::vector<UserId> users);
  /// not_found: no such user.
  Task<Result<Presence>> status_of(UserId user);

 private:
  PresenceStore& store_;
  AccountStore& accounts_;
  ConversationStore& conversations_;
  Limits limits_;
};

}  // namespace parley::chat
