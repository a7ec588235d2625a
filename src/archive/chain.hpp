#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::archive {

using Digest = std::array<std::uint8_t, 32>;

/// nullopt unless `hex` is exactly 64 lower-case hex digits.
std::optional<Digest> digest_from_hex(std::string_view hex);

/// A checksum over lines whose state is 32 bytes, so that it can be continued later:
/// SHA-256(previous state, line), beginning with zeros. Source: docs/formats/archive.md,
/// "Checksums".
class Chain {
 public:
  Chain() = default;
  explicit Chain(const Digest& state) : state_(state) {}

  void add(std::string_view line);
  const Digest& digest() const { return state_; }

 private:
  Digest state_{};
};

}  // namespace parley::archive
