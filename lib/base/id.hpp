#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace parley {

/// Twelve bytes, written as 24 lower-case hex digits: MongoDB's ObjectId form.
using ObjectId = std::array<std::uint8_t, 12>;

std::string to_hex(const ObjectId& id);
/// nullopt unless `hex` is exactly 24 hex digits (either case).
std::optional<ObjectId> object_id_from_hex(std::string_view hex);

/// An ObjectId that names one kind of thing: ids of two kinds cannot be mixed up.
template <class Tag>
struct Id {
  ObjectId bytes{};

  static std::optional<Id> parse(std::string_view hex) {
    const auto parsed = object_id_from_hex(hex);
    return parsed ? std::optional<Id>{Id{*parsed}} : std::nullopt;
  }
  std::string hex() const { return to_hex(bytes); }
  /// The raw 12 bytes; borrows from this id.
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  friend auto operator<=>(const Id&, const Id&) = default;
  friend bool operator==(const Id& a, const Id& b) { return a.words() == b.words(); }

 private:
  /// Two numbers are compared at once, where twelve bytes are a call of memcmp.
  std::pair<std::uint64_t, std::uint32_t> words() const {
    std::pair<std::uint64_t, std::uint32_t> words;
    std::memcpy(&words.first, bytes.data(), sizeof words.first);
    std::memcpy(&words.second, bytes.data() + sizeof words.first, sizeof words.second);
    return words;
  }
};

}  // namespace parley

template <class Tag>
struct std::hash<parley::Id<Tag>> {
  std::size_t operator()(const parley::Id<Tag>& id) const noexcept {
    // The last eight bytes hold the random part and the counter: spread them once.
    std::uint64_t word = 0;
    std::memcpy(&word, id.bytes.data() + 4, sizeof word);
    word ^= word >> 32;
    word *= 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(word ^ (word >> 29));
  }
};
