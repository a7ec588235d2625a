#pragma once

#include <string_view>
#include <vector>

#include "store/mongo/client.hpp"
#include "store/mongo/documents.hpp"

/// Decisions as commands. Each can be repeated: nothing is incremented, and nothing goes back.
namespace parley::store::mongo {

/// Writes of one command that depend on their order. libmongoc splits what is longer than the
/// server's maxWriteBatchSize, and sends the rest although something before was refused.
inline constexpr std::size_t ordered_max = 50;

/// What the conversation's document said last of its newest message.
struct Recorded {
  chat::Seq seq = 0;
  Time at;
};

/// The tail as `head` has it, unless the document has a later one. With `before`: only if nobody
/// has written since (a Node server does not touch our fields, but lastMessageAt), or read further
/// than `head` knows.
Update tail_update(const Head& head, std::string_view last_message, const Recorded* before);
/// Each watermark that moves, unless it is there or further already; the reader's unread count,
/// unless messages have come since (or `with_count` is false).
void add_move(std::vector<Update>& updates, const Move& move, const Head& head, bool with_count);
/// The same for the messages it passes.
void add_receipts(std::vector<Update>& updates, const Move& move);
/// The message's version, unless it has a later one than `old`.
Update version_update(const chat::Message& message, chat::Version old);
/// What `member` has not read, unless messages have come since.
Update count_update(const Head& head, std::size_t member);
/// Empty documents for what should be one and is something else.
void add_mending(std::vector<Update>& updates, const Head& head);
/// Every message that lags behind the watermarks of `head`.
void add_lagging_receipts(std::vector<Update>& updates, const Head& head);

}  // namespace parley::store::mongo
