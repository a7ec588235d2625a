#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/shard.hpp"

namespace parley::engineio {

/// Shards that a session id can name.
inline constexpr std::size_t max_shards = 4096;
inline constexpr std::size_t session_id_size = 20;

/// A new session id: 20 characters of base64url, of which the first two name the shard that owns
/// the session and the others hold 108 random bits. A secret. Throws std::runtime_error when the
/// system has no randomness.
std::string make_session_id(net::ShardIndex shard);

/// The shard that an id names; nullopt when it cannot be an id of ours.
std::optional<net::ShardIndex> shard_of(std::string_view session_id);

}  // namespace parley::engineio
