#include "http/detail/target.hpp"

#include <algorithm>

#include "base/hex.hpp"

namespace parley::http::detail {

namespace {
constexpr std::size_t max_pairs = 256;
/// Each is compared with those before it. As many as Node's querystring looks at.
constexpr std::size_t max_looked_at = 1'000;

/// The byte that the escape at `text[at]` stands for; -1 when it is broken.
int escaped_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return -1;
  const int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string decode_form(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = text[i] == '%' ? escaped_byte(text, i) : -1;
    if (byte >= 0) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

void put(Query& query, std::string key, std::string value) {
  const auto same = std::find_if(query.begin(), query.end(),
                                 [&key](const auto& pair) { return pair.first == key; });
  if (same != query.end()) {
    same->second = std::move(value);
  } else if (query.size() < max_pairs) {
    query.emplace_back(std::move(key), std::move(value));
  }
}

/// Without `http://authority`; nullopt when that is malformed.
std::optional<std::string_view> origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() <= scheme.size() || !same_name(target.substr(0, scheme.size()), scheme))
      continue;
    const auto path = target.find_first_of("/?", scheme.size());
    if (path == std::string_view::npos) return "/";
    if (path == scheme.size() || target[path] == '?') return std::nullopt;
    return target.substr(path);
  }
  return std::nullopt;
}
}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int byte = escaped_byte(text, i);
    if (byte <= 0) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

Query parse_query(std::string_view text) {
  Query query;
  for (std::size_t looked_at = 0; !text.empty() && looked_at < max_looked_at; ++looked_at) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    put(query, decode_form(pair.substr(0, equals)),
        equals < pair.size() ? decode_form(pair.substr(equals + 1)) : std::string{});
  }
  return query;
}

std::string_view raw_path(std::string_view target) { return target.substr(0, target.find('?')); }

bool parse_target(std::string_view target, Request& request) {
  if (target == "*") {
    request.target = request.path = "*";
    return request.method == Method::options;
  }
  const auto origin = origin_form(target.substr(0, target.find('#')));
  if (!origin) return false;
  auto path = percent_decode(raw_path(*origin));
  if (!path) return false;
  request.target = *origin;
  request.path = std::move(*path);
  request.query = query_of(*origin);
  return true;
}

}  // namespace parley::http::detail

namespace parley::http {

Query query_of(std::string_view target) {
  const auto question = target.find('?');
  return question == std::string_view::npos ? Query{}
                                            : detail::parse_query(target.substr(question + 1));
}

}  // namespace parley::http
