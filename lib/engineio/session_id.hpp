#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engineio/neighbours.hpp"
#include "net/shard.hpp"

namespace parley::engineio {

/// Shards that a session id can name.
inline constexpr std::size_t max_shards = 4096;
inline constexpr std::size_t session_id_size = 20;

/// Where a session lives.
struct Home {
  NodeNumber node = 0;
  net::ShardIndex shard = 0;

  friend bool operator==(const Home&, const Home&) = default;
};

/// A new session id: 20 characters of base64url, of which the first two name the shard that owns
/// the session, the next four its node, and the others hold 84 random bits. A secret. Throws as
/// fill_random.
std::string make_session_id(Home home);

/// The home that an id names; nullopt when it cannot be an id of ours.
std::optional<Home> home_of(std::string_view session_id);

}  // namespace parley::engineio
