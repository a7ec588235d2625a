#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace parley::http::detail {

/// Why a request is refused before anybody has seen it; the connection closes after the answer.
struct Refusal {
  int status = 400;
  std::string_view message;  ///< A literal.
};

/// Where the head ends in bytes that begin with one.
struct HeadScan {
  std::size_t size = 0;    ///< Bytes up to and with the blank line; 0 while it has not come.
  bool malformed = false;  ///< A bare line feed, a folded line, or no request at all.
};
/// `from`: bytes that an earlier scan has seen.
HeadScan scan_head(std::string_view bytes, std::size_t from);

/// Reads one request: first its head, whole, then its body in whatever pieces it comes. No I/O.
/// Beast parses; what it leaves open is refused here, because two readers of one stream that
/// disagree are how requests are smuggled (RFC 9112 section 11.2).
class RequestParser {
 public:
  RequestParser();
  ~RequestParser();

  /// `head` as scan_head found it. Fills method, target, path, query and headers.
  std::optional<Refusal> read_head(std::string_view head, Request& request);

  // After a successful read_head:

  bool has_body() const;
  /// nullopt for chunked.
  std::optional<std::uint64_t> content_length() const;
  bool keep_alive() const;
  bool is_http_1_0() const;

  enum class Expectation { none, continue_100, unknown };
  Expectation expectation() const;

  enum class Body { needs_more, complete, too_large, malformed };
  struct Step {
    std::size_t used = 0;
    Body state = Body::needs_more;
  };
  /// Appends body bytes to `body`, which never grows beyond `limit`. What was not used comes again.
  Step read_body(std::string_view bytes, std::string& body, std::size_t limit);

  static constexpr std::size_t max_fields = 128;

 private:
  class Beast;
  std::unique_ptr<Beast> beast_;
};

}  // namespace parley::http::detail
