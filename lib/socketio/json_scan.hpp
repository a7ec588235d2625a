#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace parley::socketio {

enum class JsonKind : std::uint8_t { object, array, string, number, boolean, null };

/// What one pass over a JSON text tells. All views borrow from that text.
struct JsonScan {
  JsonKind kind = JsonKind::null;
  /// Of a top-level array: its first element as it stands (strings with their quotes); empty when
  /// there is none.
  std::string_view first;
  JsonKind first_kind = JsonKind::null;
  /// Of a top-level array: what stands between the first element's comma and the closing bracket.
  std::string_view rest;
  /// An escape like \ud800 without its other half: JavaScript writes and reads it, UTF-8 cannot
  /// hold it.
  bool lone_surrogates = false;
};

class JsonMembers;

struct JsonScanLimits {
  std::size_t max_depth = 32;
  /// Attachments that placeholders may name; with 0 a placeholder is plain data. Source: Socket.IO
  /// protocol v5, "Binary event".
  std::size_t attachments = 0;
};

/// Checks that `text` is one JSON text (RFC 8259) without building values or allocating: the only
/// pass over an event's payload until somebody asks for its arguments. `text` is valid UTF-8.
/// Errors: bad_request with the byte where it went wrong.
///
/// `members`, where somebody wants to know, gets those of a top-level array's second element, if it
/// is an object: what an event's first argument is.
Result<JsonScan> scan_json(std::string_view text, JsonScanLimits limits = {},
                           JsonMembers* members = nullptr);

}  // namespace parley::socketio
