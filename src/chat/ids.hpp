#pragma once

#include <cstdint>

#include "base/id.hpp"

namespace parley::chat {

using UserId = Id<struct UserTag>;
using ConversationId = Id<struct ConversationTag>;
using MessageId = Id<struct MessageTag>;
/// A chain of rotating refresh tokens: one login on one device. The token's `sid`.
using FamilyId = Id<struct FamilyTag>;

/// Position of a message in its conversation: 1, 2, 3, … without gaps.
using Seq = std::uint64_t;

/// Number of a change in the whole store: grows with every message and receipt; what `sync` counts
/// in.
using Version = std::uint64_t;

}  // namespace parley::chat
