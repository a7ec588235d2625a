#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/time.hpp"

/// The alphabet of keys and values. Source: docs/formats/embedded-store.md, "Notation".
namespace parley::store::embedded {

/// Appends encoded fields to a string.
class Writer {
 public:
  Writer() = default;
  explicit Writer(std::size_t reserve) { out_.reserve(reserve); }

  Writer& u8(std::uint8_t value) {
    out_.push_back(static_cast<char>(value));
    return *this;
  }
  /// Big-endian, so that keys sort as numbers do.
  Writer& be64(std::uint64_t value) {
    char bytes[8];
    for (int i = 7; i >= 0; --i, value >>= 8) bytes[i] = static_cast<char>(value & 0xFF);
    out_.append(bytes, sizeof bytes);
    return *this;
  }
  /// LEB128: seven bits a byte, lowest first.
  Writer& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
    return *this;
  }
  Writer& time(Time value) { return varint(static_cast<std::uint64_t>(to_unix_ms(value))); }
  Writer& raw(std::string_view bytes) {
    out_.append(bytes);
    return *this;
  }
  Writer& text(std::string_view bytes) { return varint(bytes.size()).raw(bytes); }
  template <class Tag>
  Writer& id(const Id<Tag>& id) {
    return raw(id.view());
  }

  std::string take() { return std::move(out_); }
  const std::string& bytes() const { return out_; }

 private:
  std::string out_;
};

/// Takes fields off a view; the first one that does not fit makes `ok` false and everything after
/// it zero.
class Parser {
 public:
  explicit Parser(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  /// Everything was read and nothing is left.
  bool finished() const { return ok_ && in_.empty(); }

  std::uint8_t u8() {
    const auto bytes = raw(1);
    return ok_ ? static_cast<std::uint8_t>(bytes[0]) : std::uint8_t{0};
  }
  std::uint64_t be64() {
    std::uint64_t value = 0;
    for (const char byte : raw(8)) value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (!ok_) return 0;
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  Time time() { return from_unix_ms(static_cast<std::int64_t>(varint())); }
  /// Borrows from the input.
  std::string_view raw(std::size_t size) {
    if (!ok_ || size > in_.size()) {
      ok_ = false;
      in_ = {};
      return {};
    }
    const auto bytes = in_.substr(0, size);
    in_.remove_prefix(size);
    return bytes;
  }
  std::string_view text() { return raw(varint()); }
  std::string_view rest() { return raw(in_.size()); }
  template <class IdType>
  IdType id() {
    IdType id{};
    const auto bytes = raw(id.bytes.size());
    if (ok_) std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
    return id;
  }

 private:
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace parley::store::embedded
