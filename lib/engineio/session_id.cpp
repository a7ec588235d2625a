#include "engineio/session_id.hpp"

#include <array>

#include "base/random_bytes.hpp"

namespace parley::engineio {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t shard_digits = 2;
constexpr std::size_t node_digits = 4;
constexpr std::size_t name_size = shard_digits + node_digits;

/// The number in as many digits, the greatest first.
void append_number(std::string& out, std::uint32_t number, std::size_t digits) {
  for (std::size_t left = digits; left-- > 0;) out += alphabet[number >> 6 * left & 63];
}

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  for (const char digit : text) {
    const auto value = alphabet.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    number = number << 6 | static_cast<std::uint32_t>(value);
  }
  return number;
}

}  // namespace

std::string make_session_id(Home home) {
  std::array<unsigned char, session_id_size - name_size> random;
  fill_random(random);
  std::string id;
  id.reserve(session_id_size);
  append_number(id, home.shard, shard_digits);
  append_number(id, home.node, node_digits);
  for (const unsigned char byte : random) id += alphabet[byte & 63];
  return id;
}

std::optional<Home> home_of(std::string_view session_id) {
  if (session_id.size() != session_id_size) return std::nullopt;
  const auto shard = number_in(session_id.substr(0, shard_digits));
  const auto node = number_in(session_id.substr(shard_digits, node_digits));
  if (!shard || !node) return std::nullopt;
  return Home{*node, static_cast<net::ShardIndex>(*shard)};
}

}  // namespace parley::engineio
