#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.hpp"
#include "chat/conversation.hpp"
#include "chat/ids.hpp"

namespace parley::chat {

/// Up to which message of a conversation a participant has got.
struct Watermark {
  Seq seq = 0;          ///< 0: it has never moved; the others are zero, too.
  Version version = 0;  ///< Of the move that brought it there.
  Time at;

  /// When it moves next, if that is now. Its time never goes back, or a message would have been
  /// read before the one it follows.
  Time next_time(Time now) const { return seq > 0 ? std::max(at, now) : now; }

  friend bool operator==(const Watermark&, const Watermark&) = default;
};

/// One participant's watermarks in a conversation, and what their unread count is derived from: a
/// count that is kept would drift.
struct Watermarks {
  std::uint64_t sent = 0;  ///< Messages sent, of all.
  /// Messages sent, of those up to `read`. Below zero where somebody else's count says that less is
  /// unread than is behind `read`.
  std::int64_t sent_at_read = 0;
  Watermark delivered;
  Watermark read;

  /// Messages of others behind `read`, of all the conversation's messages.
  std::uint64_t unread(Seq last) const { return unread(last, sent); }
  /// The same of the first `last` only, of which `own` were sent by the participant.
  std::uint64_t unread(Seq last, std::uint64_t own) const {
    const auto of_others = static_cast<std::int64_t>(last - own);
    const auto read_of_others = static_cast<std::int64_t>(read.seq) - sent_at_read;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(of_others - read_of_others, 0));
  }

  /// When `read` moves next, if that is now: nothing is read before it is delivered.
  Time next_read_time(Time now) const {
    return std::max(delivered.next_time(now), read.next_time(now));
  }
  /// Moves `read`; reading is also receiving. `own` of the messages up to there are one's own.
  void move_read(const Watermark& to, std::uint64_t own) {
    read = to;
    if (delivered.seq < to.seq) delivered = to;
    sent_at_read = static_cast<std::int64_t>(own);
  }

  /// Of the newest move.
  Version changed() const { return std::max(delivered.version, read.version); }
  Receipt receipt(ConversationId conversation, UserId user) const;

  friend bool operator==(const Watermarks&, const Watermarks&) = default;
};

}  // namespace parley::chat
