#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::socketio {

/// A `\uXXXX` escape of JSON, or two of them for a character beyond the first 65,536. JavaScript
/// writes halves of such pairs as well, which UTF-8 cannot hold: lone surrogates.
struct UnicodeEscape {
  unsigned unit = 0;
  unsigned low = 0;      ///< 0 unless `unit` is the first half of a pair.
  std::size_t size = 6;  ///< 12 for a pair.

  /// The half of a pair without the other one.
  bool is_lone() const { return low == 0 && unit >= 0xD800 && unit <= 0xDFFF; }
};

/// The escape whose backslash stands at `at`, before a `u`; nullopt unless it is one.
std::optional<UnicodeEscape> unicode_escape(std::string_view text, std::size_t at);

/// The characters of a JSON string literal (with quotes) that scan_json accepted; a lone surrogate
/// becomes U+FFFD.
std::string unescape_json_string(std::string_view literal);

/// A copy of JSON `text` that scan_json accepted, in which \ufffd stands for every lone surrogate,
/// so that every parser takes it.
std::string without_lone_surrogates(std::string_view text);

}  // namespace parley::socketio
