#include "engineio/session_id.hpp"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace parley::engineio {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t name_size = 2;

}  // namespace

std::string make_session_id(net::ShardIndex shard) {
  std::array<unsigned char, session_id_size - name_size> random;
  if (RAND_bytes(random.data(), random.size()) != 1)
    throw std::runtime_error{"no random bytes for a session id"};
  std::string id{alphabet[shard >> 6 & 63], alphabet[shard & 63]};
  for (const unsigned char byte : random) id += alphabet[byte & 63];
  return id;
}

std::optional<net::ShardIndex> shard_of(std::string_view session_id) {
  if (session_id.size() != session_id_size) return std::nullopt;
  const auto high = alphabet.find(session_id[0]);
  const auto low = alphabet.find(session_id[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<net::ShardIndex>(high << 6 | low);
}

}  // namespace parley::engineio
