#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/mongo/bson.hpp"
#include "store/mongo/head.hpp"

/// What conversations and messages look like as documents: the original's fields, and ours.
/// Source: docs/formats/mongo-store.md.
namespace parley::store::mongo {

inline constexpr std::string_view conversations_collection = "conversations";
inline constexpr std::string_view messages_collection = "messages";

/// A string as it is; bytes that a BSON string should not hold (NUL, or no UTF-8) as binary.
void set_text(Document& document, std::string_view name, std::string_view text);
std::optional<std::string> text_of(const Value& value);

/// A message as found. Without seq: written by a Node server, and not adopted yet.
struct Found {
  chat::Message message;
  std::vector<std::pair<chat::UserId, std::uint64_t>> sent;  ///< Empty where seq is 0.

  /// Its counts in the order of the head's members.
  SentCounts sent_counts(const Head& head) const;
};
/// nullopt when what every message has is missing.
std::optional<Found> message_from(View document);
Document to_document(const Placed& placed, const Head& head);
/// `{"<user id>": count}`.
Document to_document(const SentCounts& sent, const Head& head);

/// A conversation as found.
struct FoundHead {
  Head head;
  std::optional<std::string> pair;
  bool is_ours = false;  ///< It has our fields.
  /// A Node server has written since: what our fields say is not all.
  bool is_stale = false;
  std::vector<std::optional<std::int64_t>> unread;  ///< unreadCount, by member.
};
std::optional<FoundHead> head_from(View document);
/// The document of a conversation without messages.
Document new_conversation(const Head& head);

/// `<lower id>:<higher id>`.
std::string pair_key(chat::UserId one, chat::UserId other);

/// `{$not: {$gte: seq}}`: below, or not there.
Document below(chat::Seq seq);

}  // namespace parley::store::mongo
