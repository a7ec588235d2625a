#include "canned.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "base/base64.hpp"
#include "wire.hpp"

namespace parley::limit {

namespace {
constexpr std::string_view head_end = "\r\n\r\n";

/// FNV-1a: people with different addresses get different ids, nearly always.
std::string id_of(std::string_view email) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : email) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
  std::string id(digits.data(), end);
  return std::string(24 - id.size(), '0') + id;
}

std::string token_of(std::string_view id) {
  return to_base64url("{\"alg\":\"none\"}") + "." +
         to_base64url("{\"userId\":\"" + std::string{id} + "\"}") + ".";
}

std::string response(std::string_view status, const std::string& body) {
  return "HTTP/1.1 " + std::string{status} +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
}  // namespace

std::string canned_answer(std::string_view request) {
  const std::string_view target = request.substr(0, request.find("\r\n"));
  const std::string_view body = request.substr(request.find(head_end) + head_end.size());
  const std::string email{string_in(body, "\"email\":")};
  const std::string id = id_of(email);
  const std::string user = "{\"_id\":\"" + id + "\",\"username\":\"" +
                           std::string{string_in(body, "\"username\":")} + "\",\"email\":\"" +
                           email + "\"}";
  if (target.find("/api/auth/register") != std::string_view::npos) {
    return response("201 Created",
                    "{\"message\":\"User registered successfully\",\"user\":" + user + "}");
  }
  if (target.find("/api/auth/login") != std::string_view::npos) {
    return response("200 OK", "{\"message\":\"Login successful\",\"accessToken\":\"" +
                                  token_of(id) + "\",\"refreshToken\":\"-\",\"user\":" + user +
                                  "}");
  }
  return response("200 OK", "{\"success\":true}");
}

std::string_view header(std::string_view request, std::string_view name) {
  const std::size_t end = std::min(request.find(head_end), request.size());
  std::size_t at = request.find("\r\n");
  while (at < end) {
    const std::string_view line = request.substr(at + 2, request.find("\r\n", at + 2) - at - 2);
    const auto same = [](char a, char b) { return std::tolower(a) == b; };
    if (line.size() > name.size() && line[name.size()] == ':' &&
        std::equal(name.begin(), name.end(), line.begin(),
                   [&](char b, char a) { return same(a, b); })) {
      const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
      return value == std::string_view::npos ? std::string_view{} : line.substr(value);
    }
    at += 2 + line.size();
  }
  return {};
}

std::size_t request_size(std::string_view bytes) {
  const std::size_t end = bytes.find(head_end);
  if (end == std::string_view::npos) return 0;
  std::size_t body = 0;
  const std::string_view length = header(bytes, "content-length");
  std::from_chars(length.data(), length.data() + length.size(), body);
  const std::size_t whole = end + head_end.size() + body;
  return bytes.size() >= whole ? whole : 0;
}

}  // namespace parley::limit
