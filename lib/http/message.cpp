#include "http/message.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/trim.hpp"

namespace parley::http {

namespace {
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::string_view json_type = "application/json; charset=utf-8";

struct Phrase {
  int status;
  std::string_view text;
};
constexpr auto phrases = std::to_array<Phrase>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
});
constexpr bool by_status(const Phrase& phrase, int status) { return phrase.status < status; }
static_assert(std::is_sorted(phrases.begin(), phrases.end(), [](const Phrase& a, const Phrase& b) {
  return by_status(a, b.status);
}));
}  // namespace

std::string_view to_string(Method method) {
  constexpr std::array<std::string_view, 8> names{"GET",   "HEAD",   "POST",    "PUT",
                                                  "PATCH", "DELETE", "OPTIONS", "OTHER"};
  return names[static_cast<std::size_t>(method)];
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

std::string Headers::joined(std::string_view name) const {
  std::string all;
  for (const auto& [key, value] : fields_) {
    if (!same_name(key, name)) continue;
    if (!all.empty()) all += ", ";
    all += value;
  }
  return all;
}

void Headers::set(std::string_view name, std::string value) {
  const auto same = [name](const auto& field) { return same_name(field.first, name); };
  const auto first = std::find_if(fields_.begin(), fields_.end(), same);
  if (first == fields_.end()) {
    add(name, std::move(value));
    return;
  }
  first->second = std::move(value);
  fields_.erase(std::remove_if(first + 1, fields_.end(), same), fields_.end());
}

void Headers::add(std::string_view name, std::string value) {
  fields_.emplace_back(std::string{name}, std::move(value));
}

void Headers::erase(std::string_view name) {
  std::erase_if(fields_, [name](const auto& field) { return same_name(field.first, name); });
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (same_name(trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool is_media_type(std::string_view content_type, std::string_view media) {
  return same_name(trim(content_type.substr(0, content_type.find(';'))), media);
}

void add_vary(Headers& headers, std::string_view token) {
  std::string vary = headers.joined("Vary");
  if (has_token(vary, token)) return;
  if (!vary.empty()) vary += ", ";
  headers.set("Vary", vary.append(token));
}

std::optional<std::string_view> find(const Query& query, std::string_view key) {
  for (const auto& [name, value] : query) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::optional<std::size_t> content_length(const Request& request) {
  const auto text = request.headers.find("Content-Length").value_or("");
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return bytes;
}

Response Response::json(int status, const json::value& body) {
  return text(status, json::serialize(body), json_type);
}

Response Response::text(int status, std::string body, std::string_view type) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string{type});
  response.body = std::move(body);
  return response;
}

Response Response::error(const Error& error) {
  const ErrcInfo& known = info(error.code);
  Response response = failure(known.http_status, known.code, public_message(error));
  if (known.http_status == 503) response.headers.add("Retry-After", "1");
  return response;
}

Response Response::failure(int status, std::string_view code, std::string_view message) {
  std::string body = R"({"success":false,"message":)";
  json::append_string(body, message);
  body += R"(,"code":)";
  json::append_string(body, code);
  body += '}';
  return text(status, std::move(body), json_type);
}

std::string_view reason_phrase(int status) {
  const auto found = std::lower_bound(phrases.begin(), phrases.end(), status, by_status);
  return found != phrases.end() && found->status == status ? found->text : "Unknown";
}

}  // namespace parley::http
