#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/account.hpp"
#include "chat/conversation.hpp"
#include "chat/message.hpp"
#include "chat/ports/session_store.hpp"
#include "chat/watermarks.hpp"
#include "store/embedded/bytes.hpp"

/// What each row holds. Every value begins with the version of its layout.
/// Source: docs/formats/embedded-store.md, "Values".
namespace parley::store::embedded {

/// Position in `Head::participants`.
using Member = std::size_t;

struct MessageRecord {
  chat::Version version = 0;
  Time created_at;
  chat::MessageId id;
  Member sender = 0;
  std::optional<std::string> client_id;
  /// How many messages each participant had sent, this one included: what unread counts are derived
  /// from.
  boost::container::small_vector<std::uint64_t, 2> sent;
  std::string content;

  friend bool operator==(const MessageRecord&, const MessageRecord&) = default;
};

/// Everything about a conversation that changes.
struct Head {
  chat::ConversationId id;  ///< From the key.
  std::vector<chat::UserId> participants;
  Time created_at;
  chat::Seq last_seq = 0;
  chat::Version last_version = 0;  ///< Of the newest message.
  Time last_created_at;            ///< Of the newest message.
  std::vector<chat::Watermarks> members;

  std::optional<Member> member(chat::UserId user) const;
  /// Messages of others behind the member's read watermark.
  std::uint64_t unread(Member member) const;
  /// Of the newest change of any kind.
  chat::Version changed() const;
  chat::Conversation conversation() const;
  /// `record` as a message, without its delivery and read times.
  chat::Message message(chat::Seq seq, MessageRecord record) const;
  chat::Receipt receipt(Member member) const;

  friend bool operator==(const Head&, const Head&) = default;
};

/// A place in a conversation.
struct Location {
  chat::ConversationId conversation;
  chat::Seq seq = 0;

  friend bool operator==(const Location&, const Location&) = default;
};

/// One advance of a watermark.
struct WatermarkRecord {
  Time at;
  chat::Version version = 0;
};

struct IdempotencyRecord {
  Location location;
  Time at;  ///< When it was stored; retention counts from here.
};

struct FamilyRecord {
  chat::Family family;   ///< Its id is in the key.
  bool revoked = false;  ///< Kept until it expires, so that its id is not opened again.
};

/// A login that was revoked; when, and which, is in the key.
struct EndedRecord {
  Time expires_at;  ///< Of the family.
  chat::UserId user;
};

Bytes encode(const MessageRecord& record);
Bytes encode(const Head& head);
Bytes encode(const Location& location);
Bytes encode(const WatermarkRecord& record);
Bytes encode(const IdempotencyRecord& record);
/// All but last_seen, which has a row of its own: it moves far more often.
Bytes encode(const chat::Account& account);
Bytes encode(const FamilyRecord& record);
Bytes encode(const EndedRecord& record);
Bytes encode_time(Time time);
Bytes encode_ids(const std::vector<chat::UserId>& ids);

/// nullopt: not what `encode` writes. Ids that are in the key are left zero.
std::optional<MessageRecord> decode_message(std::string_view value);
std::optional<Head> decode_head(std::string_view value);
std::optional<Location> decode_location(std::string_view value);
std::optional<WatermarkRecord> decode_watermark(std::string_view value);
std::optional<IdempotencyRecord> decode_idempotency(std::string_view value);
std::optional<chat::Account> decode_account(std::string_view value);
std::optional<Time> decode_time(std::string_view value);
std::optional<FamilyRecord> decode_family(std::string_view value);
std::optional<EndedRecord> decode_ended(std::string_view value);
std::optional<std::vector<chat::UserId>> decode_ids(std::string_view value);

}  // namespace parley::store::embedded
