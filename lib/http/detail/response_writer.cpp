#include "http/detail/response_writer.hpp"

#include <algorithm>
#include <ctime>

#include "base/time.hpp"

namespace parley::http::detail {

namespace {
bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

/// Fields that framing decides.
bool is_ours(std::string_view name) {
  return same_name(name, "Connection") || same_name(name, "Transfer-Encoding") ||
         same_name(name, "Date") || same_name(name, "Content-Length");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_clean(name) || !is_clean(value)) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

/// 204 and 304 have no body, and a length only where the handler says one (`cors` of npm does, for
/// Safari).
bool may_have_length(int status) { return status != 204 && status != 304; }
}  // namespace

bool has_body(const Response& response, Framing framing) {
  return !framing.head_only && may_have_length(response.status) && !response.body.empty();
}

std::string write_head(const Response& response, const Headers& fixed, Framing framing,
                       std::string_view date) {
  std::string out;
  out.reserve(512 + (has_body(response, framing) ? response.body.size() : 0));
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers.all()) {
    if (!is_ours(name)) append_field(out, name, value);
  }
  for (const auto& [name, value] : fixed.all()) {
    if (!response.headers.find(name)) append_field(out, name, value);
  }
  if (may_have_length(response.status)) {
    append_field(out, "Content-Length", std::to_string(response.body.size()));
  } else if (response.headers.find("Content-Length")) {
    append_field(out, "Content-Length", "0");
  }
  append_field(out, "Date", date);
  if (framing.close) {
    append_field(out, "Connection", "close");
  } else if (framing.keep_alive) {
    append_field(out, "Connection", "keep-alive");
  }
  return out.append("\r\n");
}

std::string_view http_date() {
  thread_local std::time_t made_at = -1;
  thread_local char text[32] = "";
  const std::time_t now = static_cast<std::time_t>(to_unix_ms(wall_now()) / 1000);
  if (now != made_at) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made_at = now;
  }
  return text;
}

}  // namespace parley::http::detail
