#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"
#include "net/connection.hpp"

namespace parley::websocket {

/// True when the request asks for the WebSocket protocol (its Upgrade header names it), well or
/// badly.
bool is_upgrade(const http::Request& request);

/// What a good opening handshake holds, and what we choose of its offers.
struct Handshake {
  std::string key;  ///< Sec-WebSocket-Key: 24 characters of base64.
  /// The first that the client offered, as Node's ws selects; empty when none.
  std::string subprotocol;
  bool deflate = false;  ///< permessage-deflate was offered in a form that we take, and is enabled.
};

/// Checks an opening handshake. Source: RFC 6455, section 4.2.1. Errors: bad_request; not_supported
/// for a version other than 13 (HTTP 426).
Result<Handshake> read_handshake(const http::Request& request, bool enable_deflate);

/// Sec-WebSocket-Accept for a key. Source: RFC 6455, section 4.2.2.
std::string accept_key(std::string_view key);

/// The bytes of the 101 response, `extra` headers included.
std::string switching_protocols(const Handshake& handshake, const http::Headers& extra = {});

/// Answers an upgrade request that is refused: plain bytes as Node writes them (`Connection:
/// close`, an HTML content type, the message as body), then the end. For a connection taken over
/// from HTTP.
void refuse(net::Connection& connection, int status, std::string_view message);

}  // namespace parley::websocket
