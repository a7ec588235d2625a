#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/id.hpp"
#include "base/time.hpp"

/// The alphabet of keys and values. Source: docs/formats/embedded-store.md, "Notation".
namespace parley::store::embedded {

/// The most bytes of a varint.
inline constexpr std::size_t max_varint = 10;

/// LEB128: seven bits a byte, lowest first. Where the next byte goes.
inline char* put_varint(char* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

/// Encoded fields, one after the other: a key or a value. As many bytes as most of them have lie in
/// the object itself, so that they cost no heap.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::size_t reserve) {
    if (reserve > in_place) grow(reserve);
  }
  explicit Bytes(std::string_view bytes) : Bytes(bytes.size()) { raw(bytes); }
  Bytes(Bytes&& other) noexcept
      : heap_(std::move(other.heap_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, in_place)) {
    if (!heap_) std::memcpy(in_object_, other.in_object_, size_);
  }
  Bytes& operator=(Bytes&&) = delete;

  Bytes& u8(std::uint8_t value) {
    *room(1) = static_cast<char>(value);
    ++size_;
    return *this;
  }
  /// Big-endian, so that keys sort as numbers do.
  Bytes& be64(std::uint64_t value) {
    char* at = room(sizeof value);
    for (int i = sizeof value - 1; i >= 0; --i, value >>= 8)
      at[i] = static_cast<char>(value & 0xFF);
    size_ += sizeof value;
    return *this;
  }
  Bytes& varint(std::uint64_t value) {
    char* const first = room(max_varint);
    size_ += static_cast<std::size_t>(put_varint(first, value) - first);
    return *this;
  }
  Bytes& time(Time value) { return varint(static_cast<std::uint64_t>(to_unix_ms(value))); }
  Bytes& raw(std::string_view bytes) {
    if (bytes.empty()) return *this;
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
    return *this;
  }
  Bytes& text(std::string_view bytes) { return varint(bytes.size()).raw(bytes); }
  template <class Tag>
  Bytes& id(const Id<Tag>& id) {
    std::memcpy(room(id.bytes.size()), id.bytes.data(), id.bytes.size());
    size_ += id.bytes.size();
    return *this;
  }

  std::size_t size() const { return size_; }
  /// Borrows from this.
  std::string_view view() const { return {data(), size_}; }
  operator std::string_view() const { return view(); }
  std::string str() const { return std::string(view()); }

 private:
  static constexpr std::size_t in_place = 224;

  const char* data() const { return heap_ ? heap_.get() : in_object_; }
  /// Where the next `size` bytes go.
  char* room(std::size_t size) {
    if (size > capacity_ - size_) grow(size_ + size);
    return (heap_ ? heap_.get() : in_object_) + size_;
  }
  void grow(std::size_t least) {
    const std::size_t capacity = std::max(least, 2 * capacity_);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    std::memcpy(larger.get(), data(), size_);
    heap_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> heap_;  ///< nullptr: they are in the object.
  std::size_t size_ = 0;
  std::size_t capacity_ = in_place;
  char in_object_[in_place];
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
