#pragma once

#include "store/mongo/context.hpp"
#include "store/mongo/updates.hpp"

/// Documents of the Node original, and of Node servers that go on writing beside us: their messages
/// have no seq, and they know nothing of our fields.
namespace parley::store::mongo {

struct Adopted {
  std::uint64_t messages = 0;  ///< Given their place.
  std::uint64_t moves = 0;     ///< Watermarks that statuses have moved.
};

/// Gives every message of the conversation its seq, version and counts, in the order of
/// (createdAt, _id) behind those that have theirs; moves watermarks to where statuses say, takes
/// over what `unreadCount` says less, completes the conversation's document. Any number of nodes
/// may do it at once, and again: the unique index on (conversationId, seq) keeps them apart. What
/// is young is published. Blocks; cost: a write a message without a place.
Result<Adopted> adopt(Lease& lease, Context& context, chat::ConversationId id);

}  // namespace parley::store::mongo
