#include "ops/detail/log_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/json.hpp"
#include "base/utf8.hpp"

namespace parley::ops::detail {
namespace {

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end.ptr);
}

/// Bytes that are not UTF-8 are shown as `?`, so that every line of the log is UTF-8.
std::string ascii_only(std::string_view bytes) {
  std::string out{bytes};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return out;
}

void append_quoted(std::string& out, std::string_view text) {
  if (is_utf8(text)) {
    json::append_string(out, text);
  } else {
    json::append_string(out, ascii_only(text));
  }
}

bool is_plain(char c) { return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\'; }

void append_text(std::string& out, std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

/// A message is a literal of ours; a control character in it must not break the line all the same.
void append_message(std::string& out, std::string_view message) {
  for (const char c : message) {
    const bool control = static_cast<unsigned char>(c) < ' ' || c == 0x7F;
    out += control ? '?' : c;
  }
}

void append_value(std::string& out, const Field::Value& value, bool quote) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    quote ? append_quoted(out, *text) : append_text(out, *text);
  } else if (const auto* yes = std::get_if<bool>(&value)) {
    out += *yes ? "true" : "false";
  } else if (const auto* real = std::get_if<double>(&value)) {
    if (std::isfinite(*real)) {
      append_number(out, *real);
    } else {
      out += "null";  // JSON has no infinity.
    }
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    append_number(out, *integer);
  } else {
    append_number(out, std::get<std::uint64_t>(value));
  }
}

}  // namespace

std::string text_line(Level level, std::string_view message, std::span<const Field> fields) {
  std::string out;
  out.reserve(64 + 32 * fields.size());
  out += to_string(level);
  out += ' ';
  append_message(out, message);
  for (const Field& field : fields) {
    out += ' ';
    out += field.name;
    out += '=';
    append_value(out, field.value, false);
  }
  return out;
}

std::string json_members(Level level, std::string_view message, std::span<const Field> fields) {
  std::string out;
  out.reserve(96 + 32 * fields.size());
  out += R"("level":")";
  out += to_string(level);
  out += R"(","message":)";
  append_quoted(out, message);
  for (const Field& field : fields) {
    out += ',';
    append_quoted(out, field.name);
    out += ':';
    append_value(out, field.value, true);
  }
  return out;
}

}  // namespace parley::ops::detail
