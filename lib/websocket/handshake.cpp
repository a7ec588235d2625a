#include "websocket/handshake.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <utility>

#include "base/base64.hpp"
#include "base/trim.hpp"

namespace parley::websocket {
namespace {

constexpr std::string_view key_suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Cuts `text` at the first `separator`: gives the trimmed part before it, keeps what is behind.
std::string_view next_part(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = trim(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return part;
}

bool is_token(std::string_view text) {
  constexpr std::string_view separators = "()<>@,;:\\\"/[]?={} \t";
  return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
    return c > 32 && c < 127 && separators.find(static_cast<char>(c)) == std::string_view::npos;
  });
}

/// 16 bytes in base64: 22 characters and two `=`.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") &&
         std::ranges::all_of(key.substr(0, 22), [](unsigned char c) {
           return std::isalnum(c) || c == '+' || c == '/';
         });
}

/// One offer of permessage-deflate. We answer with no context takeover in both directions, and with
/// a full window, so an offer that limits the server's window is passed over. Source: RFC 7692,
/// section 7.1.
bool is_acceptable_offer(std::string_view offer) {
  if (!http::same_name(next_part(offer, ';'), "permessage-deflate")) return false;
  while (!offer.empty()) {
    std::string_view value = next_part(offer, ';');
    const auto name = next_part(value, '=');
    const bool known = http::same_name(name, "server_no_context_takeover") ||
                       http::same_name(name, "client_no_context_takeover") ||
                       http::same_name(name, "client_max_window_bits");
    if (!known) return false;
  }
  return true;
}

bool offers_deflate(std::string_view extensions) {
  while (!extensions.empty()) {
    if (is_acceptable_offer(next_part(extensions, ','))) return true;
  }
  return false;
}

/// What remains of a refused connection: drops what still comes.
class Discard final : public net::Protocol {
 public:
  void on_bytes(std::span<char>) override {}
  void on_closed(net::CloseCause) override {}
};

}  // namespace

bool is_upgrade(const http::Request& request) {
  return http::has_token(request.headers.joined("upgrade"), "websocket");
}

Result<Handshake> read_handshake(const http::Request& request, bool enable_deflate) {
  const auto& headers = request.headers;
  if (request.method != http::Method::get) return fail(Errc::bad_request, "Invalid HTTP method");
  if (!is_upgrade(request)) return fail(Errc::bad_request, "Invalid Upgrade header");
  if (!http::has_token(headers.joined("connection"), "upgrade"))
    return fail(Errc::bad_request, "Invalid Connection header");
  if (headers.find("sec-websocket-version") != "13") {
    return fail(Errc::not_supported, "Missing or invalid Sec-WebSocket-Version header");
  }
  Handshake out;
  out.key = trim(headers.find("sec-websocket-key").value_or(""));
  if (!is_key(out.key))
    return fail(Errc::bad_request, "Missing or invalid Sec-WebSocket-Key header");
  const std::string protocols = headers.joined("sec-websocket-protocol");
  std::string_view rest = protocols;
  out.subprotocol = next_part(rest, ',');
  if (!protocols.empty() && !is_token(out.subprotocol)) {
    return fail(Errc::bad_request, "Invalid Sec-WebSocket-Protocol header");
  }
  out.deflate = enable_deflate && offers_deflate(headers.joined("sec-websocket-extensions"));
  return out;
}

std::string accept_key(std::string_view key) {
  std::string text{key};
  text += key_suffix;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return to_base64({reinterpret_cast<const char*>(digest.data()), size});
}

std::string switching_protocols(const Handshake& handshake, const http::Headers& extra) {
  std::string out =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: ";
  out += accept_key(handshake.key);
  out += "\r\n";
  if (!handshake.subprotocol.empty())
    out += "Sec-WebSocket-Protocol: " + handshake.subprotocol + "\r\n";
  if (handshake.deflate) {
    out +=
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
        "client_no_context_takeover\r\n";
  }
  for (const auto& [name, value] : extra.all()) out += name + ": " + value + "\r\n";
  out += "\r\n";
  return out;
}

void refuse(net::Connection& connection, int status, std::string_view message) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + ' ';
  out += http::reason_phrase(status);
  out += "\r\nConnection: close\r\nContent-type: text/html\r\n";
  if (status == 426) out += "Sec-WebSocket-Version: 13\r\n";
  out += "Content-Length: " + std::to_string(message.size()) + "\r\n\r\n";
  out += message;
  connection.set_protocol(std::make_unique<Discard>());
  connection.send(out);
  connection.close_after_flush();
}

}  // namespace parley::websocket
