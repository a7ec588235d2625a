#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "chat/account.hpp"
#include "chat/conversation.hpp"
#include "chat/message.hpp"
#include "chat/ports/session_store.hpp"
#include "chat/watermarks.hpp"

/// What a store gives and takes when everything in it moves. Blocking, for a command's own thread;
/// no server runs on an embedded store meanwhile.
namespace parley::chat {

struct ArchivedLogin {
  Family family;
  bool revoked = false;

  friend bool operator==(const ArchivedLogin&, const ArchivedLogin&) = default;
};

struct ArchivedReceipt {
  UserId user;
  Watermark delivered;
  Watermark read;

  friend bool operator==(const ArchivedReceipt&, const ArchivedReceipt&) = default;
};

struct ArchivedConversation {
  Conversation conversation;              ///< Of two.
  std::vector<ArchivedReceipt> receipts;  ///< One a participant, in their order.

  friend bool operator==(const ArchivedConversation&, const ArchivedConversation&) = default;
};

/// In this order: all accounts, all logins, then each conversation, followed by its messages by
/// seq. Ids of a kind ascend. Within a conversation versions ascend, and times do not go back:
/// neither of creation nor, for one receiver, of delivery and reading. A message has a time of
/// delivery (reading) exactly if it is at or below its receiver's mark.
using ArchiveRecord = std::variant<Account, ArchivedLogin, ArchivedConversation, Message>;

struct ArchiveBatch {
  std::vector<ArchiveRecord> records;  ///< None: that was all.
  /// Where to go on behind these records; empty in the middle of a conversation.
  std::string position;
};

struct ArchiveTotals {
  std::uint64_t accounts = 0;
  std::uint64_t logins = 0;
  std::uint64_t conversations = 0;
  std::uint64_t messages = 0;

  std::uint64_t all() const { return accounts + logins + conversations + messages; }
  friend bool operator==(const ArchiveTotals&, const ArchiveTotals&) = default;
};

/// A store that is read. Conversations without messages, and logins that have expired, are left
/// out. Errors of all calls: unavailable, corrupt, each naming what it is about.
class ArchiveSource {
 public:
  virtual ~ArchiveSource() = default;

  virtual std::string_view store() const = 0;  ///< `embedded`, `mongodb`.
  /// Of what is read. A position is good for a source of the same fingerprint.
  virtual std::string fingerprint() const = 0;
  /// For a progress bar.
  virtual Result<ArchiveTotals> totals() = 0;
  /// The next batch is the one behind `position`, which a batch gave. bad_request: none did.
  virtual Result<Done> seek(std::string_view position) = 0;
  virtual Result<ArchiveBatch> next() = 0;
  /// No version, and no cursor of `sync`, that the store has ever given is above it.
  virtual Version newest() const = 0;
};

/// A store that is written. What keeps to the order and the rules above has been checked by the
/// caller.
class ArchiveSink {
 public:
  virtual ~ArchiveSink() = default;

  /// The position of the last `accept` of this archive that had one; empty: from the beginning.
  virtual Result<std::string> resume(const ObjectId& archive) = 0;
  /// All of them durable when it returns, and the position with them. What is there already is
  /// left as it is: accepting again changes nothing. conflict: something else is in a record's
  /// place; the detail names the record, and nothing more may be accepted.
  virtual Result<Done> accept(const std::vector<ArchiveRecord>& records,
                              const std::string& position) = 0;
  /// The archive is complete: versions that are given from now on are above `newest`. Forgets the
  /// position.
  virtual Result<Done> finish(Version newest) = 0;
};

}  // namespace parley::chat
