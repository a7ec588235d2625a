#include "websocket/handshake.hpp"

#include <gtest/gtest.h>

namespace parley::websocket {
namespace {

http::Request good_request() {
  http::Request request;
  request.headers.set("Host", "localhost");
  request.headers.set("Upgrade", "websocket");
  request.headers.set("Connection", "keep-alive, Upgrade");
  request.headers.set("Sec-WebSocket-Version", "13");
  request.headers.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  return request;
}

TEST(Handshake, takes_the_request_of_the_rfc) {
  const auto handshake = read_handshake(good_request(), false);
  ASSERT_TRUE(handshake);
  EXPECT_EQ(handshake->key, "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(handshake->subprotocol, "");
  EXPECT_EQ(accept_key(handshake->key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, answers_101_with_the_accept_key_and_nothing_unasked) {
  EXPECT_EQ(switching_protocols(*read_handshake(good_request(), true)),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(Handshake, adds_extra_headers) {
  http::Headers extra;
  extra.set("Access-Control-Allow-Origin", "*");
  const std::string answer = switching_protocols(*read_handshake(good_request(), false), extra);
  EXPECT_NE(answer.find("\r\nAccess-Control-Allow-Origin: *\r\n\r\n"), std::string::npos);
}

TEST(Handshake, refuses_bad_requests) {
  struct Row {
    const char* name;
    const char* value;
    Errc code;
  };
  const Row rows[] = {
      {"Upgrade", "h2c", Errc::bad_request},
      {"Connection", "keep-alive", Errc::bad_request},
      {"Sec-WebSocket-Version", "8", Errc::not_supported},
      {"Sec-WebSocket-Version", "", Errc::not_supported},
      {"Sec-WebSocket-Key", "", Errc::bad_request},
      {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ", Errc::bad_request},
      {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZS==dGhl", Errc::bad_request},
      {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j Q==", Errc::bad_request},
      {"Sec-WebSocket-Protocol", "a b", Errc::bad_request},
  };
  for (const Row& row : rows) {
    auto request = good_request();
    request.headers.set(row.name, row.value);
    const auto handshake = read_handshake(request, false);
    ASSERT_FALSE(handshake) << row.name << ": " << row.value;
    EXPECT_EQ(handshake.error().code, row.code) << row.name << ": " << row.value;
  }
}

TEST(Handshake, refuses_other_methods) {
  auto request = good_request();
  request.method = http::Method::post;
  EXPECT_FALSE(read_handshake(request, false));
}

TEST(Handshake, knows_an_upgrade_by_its_token_in_any_case) {
  auto request = good_request();
  request.headers.set("Upgrade", "h2c, WebSocket");
  EXPECT_TRUE(is_upgrade(request));
  request.headers.set("Upgrade", "h2c");
  EXPECT_FALSE(is_upgrade(request));
  EXPECT_FALSE(is_upgrade(http::Request{}));
}

TEST(Handshake, selects_the_first_subprotocol) {
  auto request = good_request();
  request.headers.set("Sec-WebSocket-Protocol", " echo.v2 , echo.v1");
  const auto handshake = read_handshake(request, false);
  ASSERT_TRUE(handshake);
  EXPECT_EQ(handshake->subprotocol, "echo.v2");
  EXPECT_NE(switching_protocols(*handshake).find("\r\nSec-WebSocket-Protocol: echo.v2\r\n"),
            std::string::npos);
}

TEST(Handshake, negotiates_deflate_only_when_enabled_and_acceptable) {
  struct Row {
    const char* offer;
    bool taken;
  };
  const Row rows[] = {
      {"permessage-deflate", true},
      {"permessage-deflate; client_max_window_bits", true},
      {"permessage-deflate; client_max_window_bits=12; server_no_context_takeover", true},
      {"x-webkit-deflate-frame", false},
      {"permessage-deflate; server_max_window_bits=10", false},
      {"permessage-deflate; server_max_window_bits=10, permessage-deflate", true},
      {"permessage-deflate; surprise", false},
      {"", false},
  };
  for (const Row& row : rows) {
    auto request = good_request();
    request.headers.set("Sec-WebSocket-Extensions", row.offer);
    EXPECT_EQ(read_handshake(request, true)->deflate, row.taken) << row.offer;
    EXPECT_FALSE(read_handshake(request, false)->deflate);
  }
  auto request = good_request();
  request.headers.set("Sec-WebSocket-Extensions", "permessage-deflate");
  EXPECT_NE(switching_protocols(*read_handshake(request, true))
                .find("Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                      "client_no_context_takeover\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace parley::websocket
