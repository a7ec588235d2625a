#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

/// Everything that can go wrong for a reason outside the program. One list for all rooms.
enum class Errc {
  bad_request,    ///< The input's shape or content is wrong.
  unauthorized,   ///< No proof of identity, or a bad one.
  forbidden,      ///< Known, and not allowed.
  not_found,      ///< No such thing, or none that the caller may know of.
  conflict,       ///< Something with that name exists already.
  too_large,      ///< Over a limit of size.
  rate_limited,   ///< Too many requests from this client.
  not_supported,  ///< Understood, and not offered.
  overloaded,     ///< A bounded queue is full; later it may work.
  timeout,        ///< A deadline passed.
  unavailable,    ///< A store, bus or peer cannot be reached now.
  closed,         ///< The connection, or the program, is shutting down.
  corrupt,        ///< Stored bytes do not read back as what was written.
  internal,       ///< A library failed in a way that it does not document.
};

/// How one Errc looks from outside. The only place where it is mapped to the wire.
struct ErrcInfo {
  std::string_view code;     ///< snake_case, in the error body's `code`.
  int http_status;           ///< 4xx or 5xx.
  bool temporary;            ///< The same call may succeed later.
  std::string_view message;  ///< What the peer is told instead of `detail` (`public_message`).
};
const ErrcInfo& info(Errc code);

/// What is wrong with one field of an input; both texts are for the peer.
struct FieldError {
  std::string field;
  std::string message;

  friend bool operator==(const FieldError&, const FieldError&) = default;
};

/// An error: the code decides, `detail` says what and where.
struct Error {
  Errc code = Errc::internal;
  /// For the log; given to the peer only for codes below 500 (`public_message`).
  std::string detail;
  /// Of a bad_request: field by field, for the error body's `errors`.
  std::vector<FieldError> fields{};

  friend bool operator==(const Error&, const Error&) = default;
};

/// What a peer may read: `detail` of a client's own mistake, the table's message otherwise.
std::string_view public_message(const Error& error);

inline Error fail(Errc code, std::string detail = {}) { return Error{code, std::move(detail), {}}; }
/// A bad_request that names the fields; `fields` is not empty.
inline Error invalid(std::vector<FieldError> fields) {
  return Error{Errc::bad_request, "Validation failed", std::move(fields)};
}

}  // namespace parley
