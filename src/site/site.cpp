#include "site/site.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/trim.hpp"

namespace parley::site {

namespace {

constexpr std::string_view no_client = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Parley</title></head>
<body><h1>Parley is running</h1>
<p>This program was built without the web client.</p>
<p>Connect a Socket.IO client to this address (path <code>/socket.io/</code>, <code>auth: {token}</code>);
accounts, conversations and history are under <code>/api</code>.</p></body></html>
)";

/// The next element of a list, which is shortened by it.
std::string_view take(std::string_view& list, char separator) {
  const auto end = std::min(list.find(separator), list.size());
  const auto element = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

/// True for `q=0`, `q=0.0`, …
bool is_refusal(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = take(parameters, ';');
    const auto name = take(value, '=');
    if (http::same_name(name, "q")) return value.find_first_not_of("0. ") == std::string_view::npos;
  }
  return false;
}

/// Whether the field allows `coding`; nullopt: it does not speak of it.
std::optional<bool> allows(std::string_view accept_encoding, std::string_view coding) {
  while (!accept_encoding.empty()) {
    std::string_view element = take(accept_encoding, ',');
    const auto name = take(element, ';');
    if (http::same_name(name, coding)) return !is_refusal(element);
  }
  return std::nullopt;
}

bool takes(std::string_view accept_encoding, std::string_view coding) {
  const auto named = allows(accept_encoding, coding);
  return named ? *named : allows(accept_encoding, "*").value_or(false);
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > 255) return false;
  return std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
}

std::string_view content(const File& file, Coding coding) {
  if (coding == Coding::brotli) return file.brotli;
  return coding == Coding::gzip ? file.gzip : file.plain;
}

/// Each representation has a tag of its own (RFC 9110 section 8.8.3.3).
std::string etag(const File& file, Coding coding) {
  const std::string_view suffix = coding == Coding::brotli ? "-br"
                                  : coding == Coding::gzip ? "-gz"
                                                           : "";
  return '"' + std::string{file.hash}.append(suffix) + '"';
}

http::Response serve(const File& file, const http::Request& request) {
  const auto coding = negotiate(request.headers.joined("Accept-Encoding"), file);
  std::string tag = etag(file, coding);
  const bool is_known = matches(request.headers.joined("If-None-Match"), tag);
  http::Response response = is_known ? http::Response{} : http::Response::text(200, "", file.type);
  response.headers.set("Cache-Control",
                       file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.set("ETag", std::move(tag));
  http::add_vary(response.headers, "Accept-Encoding");
  response.headers.set("Content-Security-Policy",
                       content_security_policy(request.headers.find("Host").value_or("")));
  response.headers.set("X-Frame-Options", "DENY");
  if (is_known) {
    response.status = 304;
    return response;
  }
  if (coding != Coding::plain) {
    response.headers.set("Content-Encoding", coding == Coding::brotli ? "br" : "gzip");
  }
  response.body = content(file, coding);
  return response;
}

/// The file of a path; index.html for what only the client knows.
const File* find(std::span<const File> files, std::string_view path) {
  const auto named = [files](std::string_view name) -> const File* {
    const auto found = std::find_if(files.begin(), files.end(),
                                    [name](const File& file) { return file.path == name; });
    return found == files.end() ? nullptr : &*found;
  };
  if (const File* file = named(path)) return file;
  if (path.starts_with("docs/")) return nullptr;
  const bool is_file = path.find('.') != std::string_view::npos || path.starts_with("assets");
  return is_file ? nullptr : named("index.html");
}

Task<http::Response> answer(std::span<const File> files, http::Request request) {
  std::string path;
  for (const std::string& segment : request.params) {
    if (!path.empty()) path += '/';
    path += segment;
  }
  const File* file = find(files, path);
  if (file == nullptr) co_return http::Response::error(fail(Errc::not_found, "Not found"));
  co_return serve(*file, request);
}

Task<http::Response> answer_document(std::span<const File> files, http::Request request) {
  const std::string name = request.params.empty() ? "index.html" : request.params.front();
  const File* file = find(files, "docs/" + name);
  if (file == nullptr) co_return http::Response::error(fail(Errc::not_found, "Not found"));
  co_return serve(*file, request);
}

Task<http::Response> say_none(http::Request) {
  co_return http::Response::text(200, std::string{no_client}, "text/html; charset=utf-8");
}

}  // namespace

Coding negotiate(std::string_view accept_encoding, const File& file) {
  if (!file.brotli.empty() && takes(accept_encoding, "br")) return Coding::brotli;
  if (!file.gzip.empty() && takes(accept_encoding, "gzip")) return Coding::gzip;
  return Coding::plain;
}

bool matches(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view tag = take(if_none_match, ',');
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

std::string content_security_policy(std::string_view host) {
  std::string policy = "default-src 'none';script-src 'self';style-src 'self';img-src 'self';";
  // Older browsers do not count WebSocket among 'self'.
  policy += "connect-src 'self'";
  if (is_host(host)) {
    policy.append(" ws://").append(host).append(" wss://").append(host);
  }
  policy += ";manifest-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none';";
  return policy += "require-trusted-types-for 'script';trusted-types 'none'";
}

void add_routes(http::Router& router, std::span<const File> files) {
  if (files.empty()) return router.route(http::Method::get, "/app", say_none);
  const auto handler = [files](http::Request request) { return answer(files, std::move(request)); };
  for (const std::string_view pattern : {"/app", "/app/:name", "/app/:folder/:name"}) {
    router.route(http::Method::get, pattern, handler);
  }
  const auto document = [files](http::Request request) {
    return answer_document(files, std::move(request));
  };
  for (const std::string_view pattern : {"/docs", "/docs/:name"}) {
    router.route(http::Method::get, pattern, document);
  }
}

}  // namespace parley::site
