#include "cluster/msgpack.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json.hpp"
#include "base/time.hpp"
#include "base/utf8.hpp"
#include "socketio/json_escapes.hpp"

namespace parley::cluster {
namespace {

using Nlohmann = nlohmann::json;

/// The signed integer of `size` big-endian bytes.
std::int64_t big_endian(const std::vector<std::uint8_t>& bytes, std::size_t from,
                        std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[from + i];
  return static_cast<std::int64_t>(value);
}

/// Source: MessagePack specification, "Timestamp extension type". nullopt for what no ISO text of
/// four-digit years has.
std::optional<std::string> timestamp(const std::vector<std::uint8_t>& bytes) {
  std::int64_t seconds = 0, nanoseconds = 0;
  if (bytes.size() == 4) {
    seconds = big_endian(bytes, 0, 4);
  } else if (bytes.size() == 8) {
    const auto both = static_cast<std::uint64_t>(big_endian(bytes, 0, 8));
    nanoseconds = static_cast<std::int64_t>(both >> 34);
    seconds = static_cast<std::int64_t>(both & ((1ULL << 34) - 1));
  } else if (bytes.size() == 12) {
    nanoseconds = big_endian(bytes, 0, 4);
    seconds = big_endian(bytes, 4, 8);
  } else {
    return std::nullopt;
  }
  constexpr std::int64_t year_0 = -62'167'219'200, year_10000 = 253'402'300'800;
  if (seconds < year_0 || seconds >= year_10000 || nanoseconds >= 1'000'000'000)
    return std::nullopt;
  return to_iso8601(from_unix_ms(seconds * 1000 + nanoseconds / 1'000'000));
}

/// Writes JSON as nlohmann's reader tells what it reads; says "stop" at every limit, so the reader
/// recurses no deeper than max_depth.
class JsonWriter final : public nlohmann::json_sax<Nlohmann> {
 public:
  explicit JsonWriter(const DocumentLimits& limits) : limits_(limits) {}

  bool null() override { return write("null"); }
  bool boolean(bool value) override { return write(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return write(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return write(std::to_string(value)); }
  bool number_float(number_float_t value, const string_t&) override {
    if (!std::isfinite(value)) return null();
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return write({digits.data(), end});
  }
  bool string(string_t& value) override {
    if (!begin_value() || !is_utf8(value)) return false;
    json::append_string(out.json, value);
    return true;
  }
  bool binary(binary_t& value) override {
    if (!value.has_subtype()) return attach(value);
    if (value.subtype() == 0) {
      const bool is_undefined = value.size() == 1 && value[0] == 0;
      return is_undefined ? null() : attach(value);
    }
    const auto time =
        static_cast<std::int8_t>(value.subtype()) == -1 ? timestamp(value) : std::nullopt;
    return time ? write("\"" + *time + "\"") : null();
  }
  bool key(string_t& name) override {
    if (!separate() || !is_utf8(name)) return false;
    json::append_string(out.json, name);
    out.json += ':';
    behind_key_ = true;
    return true;
  }
  bool start_object(std::size_t) override { return open('{'); }
  bool end_object() override { return close('}'); }
  bool start_array(std::size_t) override { return open('['); }
  bool end_array() override { return close(']'); }
  bool parse_error(std::size_t, const std::string&, const Nlohmann::exception&) override {
    return false;
  }

  Document out;

 private:
  bool separate() {
    if (++elements_ > limits_.max_elements) return false;
    if (!is_first_) out.json += ',';
    is_first_ = false;
    return true;
  }
  bool begin_value() { return std::exchange(behind_key_, false) || separate(); }
  bool write(std::string_view text) {
    if (!begin_value()) return false;
    out.json += text;
    return true;
  }
  bool open(char bracket) {
    if (++depth_ > limits_.max_depth || !begin_value()) return false;
    out.json += bracket;
    is_first_ = true;
    return true;
  }
  bool close(char bracket) {
    --depth_;
    out.json += bracket;
    is_first_ = false;
    return true;
  }
  bool attach(const binary_t& value) {
    const std::size_t index = out.attachments.size();
    if (index == limits_.max_attachments) return false;
    out.attachments.emplace_back(value.begin(), value.end());
    return write(R"({"_placeholder":true,"num":)" + std::to_string(index) + "}");
  }

  const DocumentLimits& limits_;
  std::size_t depth_ = 0, elements_ = 0;
  bool is_first_ = true, behind_key_ = false;
};

/// Writes MessagePack as nlohmann's JSON reader (which does not recurse) tells what it reads.
class Packer final : public nlohmann::json_sax<Nlohmann> {
 public:
  explicit Packer(const std::vector<std::string_view>& attachments) : attachments_(attachments) {}

  bool null() override { return value("\xc0"); }
  bool boolean(bool is_true) override {
    value(is_true ? "\xc3" : "\xc2");
    if (!levels_.empty() && levels_.back().key == Key::placeholder)
      levels_.back().is_placeholder = is_true;
    return true;
  }
  bool number_integer(number_integer_t number) override {
    ++elements();
    if (number >= 0) return put_unsigned(static_cast<std::uint64_t>(number));
    const auto bits = static_cast<std::uint64_t>(number);
    if (number >= -32) return put(bits, 1);
    if (number >= std::numeric_limits<std::int8_t>::min()) return tagged('\xd0', bits, 1);
    if (number >= std::numeric_limits<std::int16_t>::min()) return tagged('\xd1', bits, 2);
    if (number >= std::numeric_limits<std::int32_t>::min()) return tagged('\xd2', bits, 4);
    return tagged('\xd3', bits, 8);
  }
  bool number_unsigned(number_unsigned_t number) override {
    ++elements();
    if (!levels_.empty() && levels_.back().key == Key::num) levels_.back().num = number;
    return put_unsigned(number);
  }
  bool number_float(number_float_t number, const string_t&) override {
    ++elements();
    std::uint64_t bits = 0;
    static_assert(sizeof bits == sizeof number);
    std::memcpy(&bits, &number, sizeof bits);
    return tagged('\xcb', bits, 8);
  }
  bool string(string_t& text) override {
    ++elements();
    return put_string(text);
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& name) override {
    Level& level = levels_.back();
    level.key = name == "_placeholder" ? Key::placeholder : name == "num" ? Key::num : Key::other;
    if (level.key == Key::placeholder) level.is_placeholder = false;
    if (level.key == Key::num) level.num.reset();
    return put_string(name);
  }
  bool end_object() override {
    const Level level = levels_.back();
    if (level.is_placeholder && level.num && *level.num < attachments_.size()) {
      levels_.pop_back();
      out.resize(level.begin);
      return put_binary(attachments_[*level.num]);
    }
    return close('\x80', '\xde');
  }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close('\x90', '\xdc'); }
  bool parse_error(std::size_t, const std::string&, const Nlohmann::exception&) override {
    return false;
  }

  std::string out;

 private:
  enum class Key : std::uint8_t { other, placeholder, num };
  struct Level {
    std::size_t begin;         ///< Where its head will stand.
    std::size_t elements = 0;  ///< Of an object: members.
    Key key = Key::other;
    bool is_placeholder = false;
    std::optional<std::uint64_t> num{};
  };

  /// Those of the level that the next value is in.
  std::size_t& elements() { return levels_.empty() ? outside_ : levels_.back().elements; }
  bool put(std::uint64_t bits, std::size_t size) {
    while (size-- > 0) out += static_cast<char>(bits >> (8 * size));
    return true;
  }
  bool tagged(char tag, std::uint64_t bits, std::size_t size) {
    out += tag;
    return put(bits, size);
  }
  bool value(std::string_view byte) {
    ++elements();
    out += byte;
    return true;
  }
  bool put_unsigned(std::uint64_t number) {
    if (number < 0x80) return put(number, 1);
    if (number <= 0xff) return tagged('\xcc', number, 1);
    if (number <= 0xffff) return tagged('\xcd', number, 2);
    if (number <= 0xffffffff) return tagged('\xce', number, 4);
    return tagged('\xcf', number, 8);
  }
  bool put_string(std::string_view text) {
    const std::size_t size = text.size();
    size < 32        ? put(0xa0 | size, 1)
    : size <= 0xff   ? tagged('\xd9', size, 1)
    : size <= 0xffff ? tagged('\xda', size, 2)
                     : tagged('\xdb', size, 4);
    out += text;
    return true;
  }
  bool put_binary(std::string_view bytes) {
    const std::size_t size = bytes.size();
    size <= 0xff     ? tagged('\xc4', size, 1)
    : size <= 0xffff ? tagged('\xc5', size, 2)
                     : tagged('\xc6', size, 4);
    out += bytes;
    return true;
  }
  bool open() {
    ++elements();
    levels_.push_back({out.size()});
    return true;
  }
  /// How many there are is known only now: the head is put in front.
  bool close(char fix, char wide) {
    const Level level = levels_.back();
    levels_.pop_back();
    std::string head;
    std::swap(head, out);
    if (level.elements < 16) {
      put(static_cast<std::uint8_t>(fix) | level.elements, 1);
    } else if (level.elements <= 0xffff) {
      tagged(wide, level.elements, 2);
    } else {
      tagged(static_cast<char>(wide + 1), level.elements, 4);
    }
    std::swap(head, out);
    out.insert(level.begin, head);
    return true;
  }

  const std::vector<std::string_view>& attachments_;
  std::vector<Level> levels_;
  std::size_t outside_ = 0;
};

}  // namespace

Result<Document> read_msgpack(std::string_view bytes, const DocumentLimits& limits) {
  if (bytes.size() > limits.max_bytes) return fail(Errc::too_large, "message too large");
  JsonWriter writer{limits};
  writer.out.json.reserve(bytes.size() + bytes.size() / 2);
  if (!Nlohmann::sax_parse(bytes.begin(), bytes.end(), &writer, Nlohmann::input_format_t::msgpack))
    return fail(Errc::bad_request, "no MessagePack within the limits");
  return std::move(writer.out);
}

std::string write_msgpack(std::string_view json, const std::vector<std::string_view>& attachments) {
  Packer packer{attachments};
  packer.out.reserve(json.size());
  if (Nlohmann::sax_parse(json.begin(), json.end(), &packer)) return std::move(packer.out);
  // What is valid but for half surrogates, which JavaScript writes and reads.
  const std::string whole = socketio::without_lone_surrogates(json);
  Packer again{attachments};
  return Nlohmann::sax_parse(whole, &again) ? std::move(again.out) : std::string{};
}

}  // namespace parley::cluster
