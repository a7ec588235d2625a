#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/ids.hpp"
#include "store/embedded/bytes.hpp"
#include "store/embedded/row_groups.hpp"

/// Where each row is. Source: docs/formats/embedded-store.md, "Keys".
namespace parley::store::embedded {

/// The two column families.
enum class Table {
  people,  ///< RocksDB's "default": meta rows, accounts, sessions, presence markers. Ordered scans.
  chat,    ///< Conversations: keys of one 13-byte prefix (tag and id) are found by hashing it.
};

struct Key {
  Table table = Table::chat;
  Bytes bytes;
};

/// Which watermark; part of a key, so the numbers are for ever.
enum class Mark : std::uint8_t { delivered = 0, read = 1 };

namespace keys {

using chat::ConversationId;
using chat::FamilyId;
using chat::MessageId;
using chat::Seq;
using chat::UserId;

/// The first byte of a key.
inline constexpr char meta_tag = 'M', account_tag = 'a', email_tag = 'e', username_tag = 'n',
                      family_tag = 'f', user_family_tag = 's', ended_tag = 'x', online_tag = 'o',
                      last_seen_tag = 'l', bar_tag = 'b', job_tag = 'j', job_owner_tag = 'd',
                      job_log_tag = 'g';
inline constexpr char message_tag = 'm', message_id_tag = 'i', head_tag = 'h', watermark_tag = 'w',
                      pair_tag = 'p', membership_tag = 'u', client_id_tag = 'k';

Key meta(std::string_view name);
Key account(UserId id);
Key email(std::string_view folded);
Key username(std::string_view folded, UserId id);
Key username_prefix(std::string_view folded);
Key family(FamilyId id);
Key user_family(UserId user, FamilyId id);
Key user_families(UserId user);
/// The latest first.
Key ended(Time at, FamilyId id);
Key online(UserId user);
Key last_seen(UserId user);
Key bar(UserId user);
Key job(std::string_view id);
Key job_owner(std::string_view deduplication_id);
Key job_log(std::string_view id);

Key message(ConversationId conversation, Seq seq);
Key message_id(MessageId id);
Key head(ConversationId conversation);
Key watermark(ConversationId conversation, std::size_t participant, Mark mark, Seq seq);
Key pair(UserId one, UserId other);  ///< The same for both orders.
Key membership(UserId user, ConversationId conversation);
Key memberships(UserId user);
Key client_id(UserId sender, std::string_view client_id);

/// All rows of one kind.
Key all(Table table, char tag);

/// The groups of the rows of a memtable of so many bytes. A scan of chat rows stays within one: a
/// conversation's messages, the advances of one watermark, a user's memberships; ids of messages
/// are one group, for they ascend; any other row is found by its whole key. People have one group,
/// which is scanned at will.
Grouping groups(Table table, std::size_t memtable);
/// How many bytes of a chat row's key name its group.
std::size_t chat_group(const rocksdb::Slice& key);

}  // namespace keys
}  // namespace parley::store::embedded
