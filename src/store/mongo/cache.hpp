#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "base/lru.hpp"
#include "base/pair_hash.hpp"
#include "store/mongo/context.hpp"
#include "store/mongo/updates.hpp"

namespace parley::store::mongo {

/// A conversation as the writer knows it.
struct CachedHead {
  Head head;
  Recorded recorded;      ///< What its document says of the tail.
  std::string last_text;  ///< Of the tail, where the document does not have it yet.
  SteadyTime loaded;
  bool is_doubtful = false;  ///< A message may be there that its document does not know.
};

/// What the writer remembers, so that a round reads nothing for conversations that are going on:
/// heads (while the feed tells us what others write to them), which conversation is a pair's, who
/// exists, where recent messages are. Of the writer's thread, but for `arrived`.
class Cache {
 public:
  explicit Cache(Context& context);

  /// Should the feed have told us all that others have written to it since it was loaded?
  bool is_told(const CachedHead& cached) const;

  /// nullptr: unknown, or not to be trusted any more. Valid until `trim`.
  CachedHead* find(chat::ConversationId id, SteadyTime now);
  /// The same without asking whether it is to be trusted.
  CachedHead* find_any(chat::ConversationId id) { return heads_.find(id); }
  CachedHead& put(CachedHead loaded);
  void forget(chat::ConversationId id);

  std::optional<chat::ConversationId> pair(chat::UserId one, chat::UserId other);
  void put_pair(chat::UserId one, chat::UserId other, chat::ConversationId id);
  bool is_known(chat::UserId user) { return users_.find(user) != nullptr; }
  void put_user(chat::UserId user);
  const Location* location(chat::MessageId id) { return locations_.find(id); }
  void put_location(chat::MessageId id, Location location);

  /// What another node wrote; any thread. Taken in by `catch_up`.
  void arrived(const chat::ChangeBatchPtr& batch);
  void catch_up();
  /// Between rounds.
  void trim();

 private:
  void follow(const chat::Change& change);
  void follow_message(const chat::MessageAppended& appended);

  Context& context_;
  Lru<chat::ConversationId, CachedHead> heads_;
  Lru<std::pair<chat::UserId, chat::UserId>, chat::ConversationId, PairHash> pairs_;
  Lru<chat::UserId, bool> users_;
  Lru<chat::MessageId, Location> locations_;

  std::mutex mutex_;
  std::vector<chat::ChangeBatchPtr> inbox_;
  bool overflowed_ = false;
};

}  // namespace parley::store::mongo
