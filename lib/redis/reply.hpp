#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace parley::redis {

/// An error that the server answered one command with; the connection lives on.
struct ErrorReply {
  std::string text;  ///< `WRONGTYPE Operation against …`; its first word is the kind.

  friend bool operator==(const ErrorReply&, const ErrorReply&) = default;
};

/// What the server answered to one command. Source: the RESP2 specification.
struct Reply {
  using Array = std::vector<Reply>;
  /// nil, an integer, a status or bulk string, an array, or an error inside an array.
  std::variant<std::monostate, std::int64_t, std::string, Array, ErrorReply> value;

  bool is_nil() const { return value.index() == 0; }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value); }
  const std::string* text() const { return std::get_if<std::string>(&value); }
  const Array* array() const { return std::get_if<Array>(&value); }
  const ErrorReply* error() const { return std::get_if<ErrorReply>(&value); }

  friend bool operator==(const Reply&, const Reply&) = default;
};

}  // namespace parley::redis
