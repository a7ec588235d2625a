#include "store/mongo/cache.hpp"

#include <algorithm>
#include <utility>

namespace parley::store::mongo {

namespace {
constexpr std::size_t max_inbox = 65'536;

std::pair<chat::UserId, chat::UserId> sorted(chat::UserId one, chat::UserId other) {
  return {std::min(one, other), std::max(one, other)};
}
}  // namespace

Cache::Cache(Context& context)
    : context_(context),
      heads_(context.config.cached_conversations),
      pairs_(context.config.cached_pairs),
      users_(context.config.cached_users),
      locations_(context.config.cached_locations) {}

CachedHead* Cache::find(chat::ConversationId id, SteadyTime now) {
  CachedHead* cached = heads_.find(id);
  if (cached == nullptr || cached->is_doubtful) return nullptr;
  return now - cached->loaded < context_.config.trust || is_told(*cached) ? cached : nullptr;
}

bool Cache::is_told(const CachedHead& cached) const {
  return std::any_of(cached.head.members.begin(), cached.head.members.end(),
                     [&](const Member& one) {
                       const auto since = context_.feed.followed_since(one.user);
                       return since && *since <= cached.loaded;
                     });
}

CachedHead& Cache::put(CachedHead loaded) {
  const chat::ConversationId id = loaded.head.id;
  if (CachedHead* known = heads_.find(id)) return *known = std::move(loaded);
  return heads_.insert(id, std::move(loaded));
}

void Cache::forget(chat::ConversationId id) {
  if (CachedHead* known = heads_.find(id)) known->is_doubtful = true;
}

std::optional<chat::ConversationId> Cache::pair(chat::UserId one, chat::UserId other) {
  const auto* known = pairs_.find(sorted(one, other));
  return known != nullptr ? std::optional(*known) : std::nullopt;
}

void Cache::put_pair(chat::UserId one, chat::UserId other, chat::ConversationId id) {
  const auto pair = sorted(one, other);
  if (auto* known = pairs_.find(pair)) {
    *known = id;
  } else {
    pairs_.insert(pair, id);
  }
}

void Cache::put_user(chat::UserId user) {
  if (!is_known(user)) users_.insert(user, true);
}

void Cache::put_location(chat::MessageId id, Location location) {
  if (locations_.find(id) == nullptr) locations_.insert(id, std::move(location));
}

void Cache::arrived(const chat::ChangeBatchPtr& batch) {
  const std::lock_guard lock(mutex_);
  overflowed_ = overflowed_ || inbox_.size() >= max_inbox;
  if (overflowed_) {
    inbox_.clear();
  } else {
    inbox_.push_back(batch);
  }
}

void Cache::catch_up() {
  std::vector<chat::ChangeBatchPtr> batches;
  bool overflowed = false;
  {
    const std::lock_guard lock(mutex_);
    batches.swap(inbox_);
    overflowed = std::exchange(overflowed_, false);
  }
  if (overflowed) heads_.clear();
  for (const auto& batch : batches) {
    for (const chat::Change& change : batch->changes) follow(change);
  }
}

void Cache::follow(const chat::Change& change) {
  if (const auto* appended = std::get_if<chat::MessageAppended>(&change)) {
    follow_message(*appended);
  } else if (const auto* delivered = std::get_if<chat::MessageDelivered>(&change)) {
    context_.clock.observe(delivered->version);
    if (CachedHead* cached = heads_.find(delivered->conversation_id))
      cached->head.follow(*delivered);
  } else if (const auto* read = std::get_if<chat::MessagesRead>(&change)) {
    context_.clock.observe(read->version);
    CachedHead* cached = heads_.find(read->conversation_id);
    if (cached == nullptr) return;
    if (const Location* known = location(read->message_id)) {
      cached->head.follow(*read, *known);
    } else {
      cached->is_doubtful = true;
    }
  }
}

void Cache::follow_message(const chat::MessageAppended& appended) {
  const chat::Message& message = appended.message;
  context_.clock.observe(message.version);
  CachedHead* cached = heads_.find(message.conversation_id);
  // A head in doubt may hold messages that were refused: nothing is counted on from there.
  if (cached == nullptr || cached->is_doubtful || message.seq <= cached->head.last_seq) return;
  if (message.seq != cached->head.last_seq + 1) {
    cached->is_doubtful = true;
    return;
  }
  cached->head.follow(message);
  cached->recorded = {message.seq, message.created_at};
  put_location(message.id,
               {message.conversation_id, message.seq, message.sender, cached->head.sent()});
}

void Cache::trim() {
  heads_.trim();
  pairs_.trim();
  users_.trim();
  locations_.trim();
}

}  // namespace parley::store::mongo
