#include "socketio/json_escapes.hpp"

#include "base/hex.hpp"

namespace parley::socketio {
namespace {

/// The code unit of `XXXX` at `at`; nullopt unless four hex digits stand there.
std::optional<unsigned> code_unit(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  const int unit = hex_digit(text[at]) << 12 | hex_digit(text[at + 1]) << 8 |
                   hex_digit(text[at + 2]) << 4 | hex_digit(text[at + 3]);
  return unit < 0 ? std::nullopt : std::optional{static_cast<unsigned>(unit)};
}

bool is_high(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

void append_utf8(std::string& out, unsigned code) {
  const auto tail = [&out](unsigned bits) { out += static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    tail(code);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    tail(code >> 6), tail(code);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    tail(code >> 12), tail(code >> 6), tail(code);
  }
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

std::optional<UnicodeEscape> unicode_escape(std::string_view text, std::size_t at) {
  const auto unit = code_unit(text, at + 2);
  if (!unit) return std::nullopt;
  UnicodeEscape escape{*unit};
  if (is_high(*unit) && text.substr(at + 6, 2) == "\\u") {
    if (const auto low = code_unit(text, at + 8); low && is_low(*low)) {
      escape.low = *low;
      escape.size = 12;
    }
  }
  return escape;
}

std::string unescape_json_string(std::string_view literal) {
  const std::string_view text = literal.substr(1, literal.size() - 2);
  if (text.find('\\') == std::string_view::npos) return std::string{text};
  std::string out;
  out.reserve(literal.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out += text[i++];
    } else if (text[i + 1] != 'u') {
      out += simple_escape(text[i + 1]);
      i += 2;
    } else {
      const UnicodeEscape escape = unicode_escape(text, i).value_or(UnicodeEscape{0xFFFD});
      const unsigned pair = 0x10000 + ((escape.unit - 0xD800) << 10) + (escape.low - 0xDC00);
      append_utf8(out, escape.low != 0 ? pair : escape.is_lone() ? 0xFFFD : escape.unit);
      i += escape.size;
    }
  }
  return out;
}

std::string without_lone_surrogates(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out += text[i++];
      continue;
    }
    std::size_t size = 2;
    if (text.substr(i, 2) == "\\u") {
      const UnicodeEscape escape = unicode_escape(text, i).value_or(UnicodeEscape{});
      size = escape.size;
      if (escape.is_lone()) {
        out += "\\ufffd";
        i += size;
        continue;
      }
    }
    out += text.substr(i, size);
    i += size;
  }
  return out;
}

}  // namespace parley::socketio
