#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/errc.hpp"
#include "base/json.hpp"

namespace parley::http {

enum class Method { get, head, post, put, patch, del, options, other };
/// "GET", …; "OTHER" for what has no name here.
std::string_view to_string(Method method);

/// ASCII, case-insensitive.
bool same_name(std::string_view a, std::string_view b);

/// Field names compare case-insensitively; order and duplicates are kept.
class Headers {
 public:
  /// The first field's value; nullopt when absent.
  std::optional<std::string_view> find(std::string_view name) const;
  /// Every value of that name, joined by ", ", as RFC 9110 section 5.3 allows.
  std::string joined(std::string_view name) const;
  void set(std::string_view name, std::string value);  ///< Replaces all of that name.
  void add(std::string_view name, std::string value);  ///< Keeps what is there.
  void erase(std::string_view name);
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Adds `token` to the Vary field unless it is there.
void add_vary(Headers& headers, std::string_view token);
/// True when one of the comma-separated elements of `list` is `token` (ASCII, case-insensitive).
bool has_token(std::string_view list, std::string_view token);
/// True when a Content-Type names `media`, whatever its parameters: `text/html; charset=utf-8` is
/// `text/html`.
bool is_media_type(std::string_view content_type, std::string_view media);

/// A parsed query string: values percent-decoded; of duplicates the last wins (as the `qs` of Node
/// does for engines).
using Query = std::vector<std::pair<std::string, std::string>>;
std::optional<std::string_view> find(const Query& query, std::string_view key);
/// Of `/path?a=1&b=x%20y+z`; a broken escape is kept as it is (as Node does). At most 256 pairs,
/// and the first 1,000 are looked at; the rest is ignored.
Query query_of(std::string_view target);

struct Request {
  Method method = Method::get;
  std::string target;  ///< Path and query as sent, for nothing but parsing: it may hold secrets.
  std::string path;    ///< Percent-decoded, without the query.
  Query query;
  Headers headers;
  std::string body;  ///< Empty until the body has been read.
  std::string peer;  ///< The TCP peer's address.
  /// The client's address: `peer`, or what a trusted proxy says (X-Forwarded-For).
  std::string client;
  bool secure = false;  ///< TLS here, or at a trusted proxy (X-Forwarded-Proto).
  /// Path parameters in the order of the route's `:names`, percent-decoded.
  std::vector<std::string> params;
  /// The pattern of the route that was found; empty when none was. Borrows from the router.
  std::string_view route;
};

/// What the request's Content-Length says; nullopt when it has none, or one that is no number.
std::optional<std::size_t> content_length(const Request& request);

struct Response {
  int status = 200;
  Headers headers;
  std::string body;

  static Response json(int status, const json::value& body);
  static Response text(int status, std::string body,
                       std::string_view type = "text/plain; charset=utf-8");
  /// `{"success":false,"message":…,"code":…}` with the table's status; Retry-After where trying
  /// again helps.
  static Response error(const Error& error);
  /// The same shape for what is no Errc (405, 417, …).
  static Response failure(int status, std::string_view code, std::string_view message);
};

/// "Not Found", …; "Unknown" for what has no phrase.
std::string_view reason_phrase(int status);

}  // namespace parley::http
