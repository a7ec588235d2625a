#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::app {

// The kinds of values that a setting may have. Each says what it allows, reads a text (nullopt when
// the text is not allowed) and writes a value so that it reads back as the same.

/// A whole number in decimal digits.
struct WholeNumber {
  std::uint64_t least;
  std::uint64_t most;

  std::string allowed() const;
  std::optional<std::uint64_t> read(std::string_view text) const;
  std::string write(std::uint64_t value) const { return std::to_string(value); }
};

/// `500ms`, `15m`, `7d`; units ms, s, m, h, d, w; a bare number means seconds.
struct Interval {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;

  std::string allowed() const;
  std::optional<std::chrono::milliseconds> read(std::string_view text) const;
  /// In the largest unit that divides it.
  std::string write(std::chrono::milliseconds value) const;
};

/// Bytes: a whole number, or with the unit KiB, MiB or GiB.
struct ByteSize {
  std::uint64_t least;
  std::uint64_t most;

  std::string allowed() const;
  std::optional<std::uint64_t> read(std::string_view text) const;
  std::string write(std::uint64_t value) const;
};

/// `on` or `off`; true, false, yes, no, 1, 0 too.
struct Switch {
  std::string allowed() const { return "on or off"; }
  std::optional<bool> read(std::string_view text) const;
  std::string write(bool value) const { return value ? "on" : "off"; }
};

/// One of a few words, in the order of Enum's values.
template <class Enum, std::size_t size>
struct Choice {
  std::array<std::string_view, size> names;

  std::string allowed() const {
    std::string out{"one of"};
    for (std::size_t i = 0; i < size; ++i) (out += i == 0 ? " " : ", ") += names[i];
    return out;
  }
  std::optional<Enum> read(std::string_view text) const {
    for (std::size_t i = 0; i < size; ++i) {
      if (names[i] == text) return static_cast<Enum>(i);
    }
    return std::nullopt;
  }
  std::string write(Enum value) const {
    return std::string{names[static_cast<std::size_t>(value)]};
  }
};

/// Printable text without blanks.
struct Word {
  std::string what;  ///< Completes "must be …".

  std::string allowed() const { return what; }
  std::optional<std::string> read(std::string_view text) const;
  std::string write(const std::string& value) const { return value; }
};

/// A file or folder.
struct Path {
  std::string allowed() const { return "a path"; }
  std::optional<std::filesystem::path> read(std::string_view text) const;
  std::string write(const std::filesystem::path& value) const { return value.string(); }
};

/// A file or folder, or `none`.
struct OptionalPath {
  std::string allowed() const { return "a path, or none"; }
  std::optional<std::filesystem::path> read(std::string_view text) const;
  std::string write(const std::filesystem::path& value) const {
    return value.empty() ? "none" : value.string();
  }
};

/// A secret: any text without control characters. `length` says how long it must be, which is
/// judged elsewhere (secrets.hpp), because it depends on the mode.
struct Secret {
  std::string_view length = "";

  std::string allowed() const { return "text" + std::string{length}; }
  std::optional<std::string> read(std::string_view text) const;
  std::string write(const std::string& value) const { return value.empty() ? "unset" : "set"; }
};

/// A URL of one of `schemes` (`redis://`), kept secret because it may hold a password.
struct PrivateUrl {
  std::array<std::string_view, 2> schemes;

  std::string allowed() const;
  std::optional<std::string> read(std::string_view text) const;
  std::string write(const std::string& value) const { return value.empty() ? "unset" : "set"; }
};

/// A host, or `none`.
struct OptionalHost {
  std::string allowed() const { return "an address or a host name, or none"; }
  std::optional<std::string> read(std::string_view text) const;
  std::string write(const std::string& value) const { return value.empty() ? "none" : value; }
};

/// `host:port`, an IPv6 address in brackets, or `none`.
struct OptionalAddress {
  std::string allowed() const { return "host:port, or none"; }
  std::optional<std::string> read(std::string_view text) const;
  std::string write(const std::string& value) const { return value.empty() ? "none" : value; }
};

/// Comma-separated origins, `*` for every origin, or `none`. A trailing slash is dropped.
struct Origins {
  std::string allowed() const;
  std::optional<std::vector<std::string>> read(std::string_view text) const;
  std::string write(const std::vector<std::string>& value) const;
};

/// Comma-separated IP addresses and CIDR ranges, or `none`.
struct Networks {
  std::string allowed() const;
  std::optional<std::vector<std::string>> read(std::string_view text) const;
  std::string write(const std::vector<std::string>& value) const;
};

}  // namespace parley::app
