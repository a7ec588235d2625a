#include "websocket/connection.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/testing.hpp"
#include "websocket/client_frame.hpp"
#include "websocket/deflate.hpp"

namespace parley::websocket {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Strings = std::vector<std::string>;

class Listener final : public Handler {
 public:
  Strings heard;
  Connection* socket = nullptr;

  void on_text(std::string_view text) override {
    heard.push_back("text " + std::string{text});
    if (text == "close me") socket->close();
    if (text == "abort me") socket->abort();
  }
  void on_binary(std::string_view bytes) override {
    heard.push_back("binary " + std::string{bytes});
  }
  void on_drained() override { heard.emplace_back("drained"); }
  void on_closed(Ending ending) override {
    heard.push_back("closed " + std::to_string(static_cast<int>(ending)));
  }
};

std::string closed(Ending ending) { return "closed " + std::to_string(static_cast<int>(ending)); }

/// A WebSocket on a connection without network.
class WebSocketConnection : public testing::Test {
 protected:
  void open(bool deflate = false) {
    auto made = std::make_unique<Connection>(net, listener, config, deflate);
    socket = made.get();
    listener.socket = socket;
    net.set_protocol(std::move(made));
  }
  void say(std::string_view text) { net.feed(client_frame(Opcode::text, text)); }

  Config config{.max_message = 1000, .deflate_threshold = 10, .close_timeout = 100ms};
  net::Shard shard{0};
  Listener listener;
  net::FakeConnection net{shard};
  Connection* socket = nullptr;
};

TEST_F(WebSocketConnection, delivers_messages_however_they_are_cut) {
  open();
  net.feed_in_pieces(client_frame(Opcode::text, "hé") + client_frame(Opcode::binary, "\x00\x01"s),
                     3);
  EXPECT_EQ(listener.heard, (Strings{"text hé", "binary \x00\x01"s}));
}

TEST_F(WebSocketConnection, sends_frames_and_shares_their_bytes) {
  open();
  socket->send_text("a");
  socket->send_binary("b");
  socket->send(std::make_shared<const std::string>(encode_frame(Opcode::text, "c")));
  EXPECT_EQ(net.take_sent(),
            "\x81\x01"
            "a\x82\x01"
            "b\x81\x01"
            "c");
  EXPECT_EQ(listener.heard, Strings{"drained"});
  EXPECT_EQ(net.flushes(), 1u);
}

TEST_F(WebSocketConnection, answers_a_ping_with_its_payload) {
  open();
  net.feed(client_frame(Opcode::ping, "are you there") + client_frame(Opcode::pong, "unasked"));
  EXPECT_EQ(net.take_sent(), encode_frame(Opcode::pong, "are you there"));
}

TEST_F(WebSocketConnection, echoes_the_peers_close_and_ends) {
  open();
  net.feed(client_frame(Opcode::close,
                        "\x03\xE8"
                        "bye") +
           client_frame(Opcode::text, "late"));
  EXPECT_EQ(net.take_sent(), encode_close(CloseCode::normal));
  EXPECT_EQ(listener.heard, Strings{closed(Ending::peer_closed)});
  EXPECT_TRUE(net.is_closed());
}

TEST_F(WebSocketConnection, answers_a_close_without_code_in_kind) {
  open();
  net.feed(client_frame(Opcode::close, ""));
  EXPECT_EQ(net.take_sent(), encode_close(std::nullopt));
}

TEST_F(WebSocketConnection, waits_for_the_peers_close_after_its_own) {
  open();
  socket->close();
  EXPECT_FALSE(socket->is_open());
  EXPECT_EQ(net.take_sent(), encode_close(std::nullopt));
  say("ignored");
  net.feed(client_frame(Opcode::ping, "ignored"));
  EXPECT_FALSE(net.is_closed());
  net.feed(client_frame(Opcode::close, ""));
  EXPECT_TRUE(net.is_closed());
  EXPECT_EQ(net.take_sent(), "");
  EXPECT_TRUE(listener.heard.empty());
}

TEST_F(WebSocketConnection, ends_at_the_deadline_when_the_peer_does_not_close) {
  open();
  socket->close(CloseCode::going_away);
  EXPECT_EQ(net.take_sent(), encode_close(CloseCode::going_away));
  shard.timers().run(shard.now() + 99ms);
  EXPECT_TRUE(net.is_open());
  shard.timers().run(shard.now() + 100ms);
  EXPECT_FALSE(net.is_open());
}

TEST_F(WebSocketConnection, may_be_closed_from_within_a_message) {
  open();
  net.feed(client_frame(Opcode::text, "close me") + client_frame(Opcode::text, "late"));
  EXPECT_EQ(listener.heard, Strings{"text close me"});
  EXPECT_EQ(net.take_sent(), encode_close(std::nullopt));
}

TEST_F(WebSocketConnection, may_be_aborted_from_within_a_message) {
  open();
  net.feed(client_frame(Opcode::text, "abort me") + client_frame(Opcode::text, "late"));
  EXPECT_EQ(listener.heard, Strings{"text abort me"});
  EXPECT_EQ(net.take_sent(), "");
  EXPECT_TRUE(net.is_closed());
}

TEST_F(WebSocketConnection, fails_with_the_code_of_the_error) {
  const std::pair<std::string, CloseCode> rows[] = {
      {encode_frame(Opcode::text, "unmasked"), CloseCode::protocol_error},
      {client_frame(Opcode::text, "\xFF"), CloseCode::invalid_data},
      {client_frame(Opcode::text, std::string(1001, 'x')), CloseCode::too_big},
      {client_frame(Opcode::text, "x", {.fin = true, .compressed = true}),
       CloseCode::protocol_error},
  };
  for (const auto& [bytes, code] : rows) {
    Listener heard;
    net::FakeConnection connection{shard};
    connection.set_protocol(std::make_unique<Connection>(connection, heard, config));
    connection.feed(bytes);
    EXPECT_EQ(connection.take_sent(), encode_close(code));
    EXPECT_EQ(heard.heard, Strings{closed(Ending::protocol_error)});
    EXPECT_TRUE(connection.is_closed());
  }
}

TEST_F(WebSocketConnection, tells_how_the_connection_was_lost) {
  const std::pair<net::CloseCause, Ending> rows[] = {
      {net::CloseCause::peer, Ending::peer_closed},
      {net::CloseCause::error, Ending::lost},
      {net::CloseCause::slow_consumer, Ending::slow_consumer},
  };
  for (const auto& [cause, ending] : rows) {
    Listener heard;
    net::FakeConnection connection{shard};
    connection.set_protocol(std::make_unique<Connection>(connection, heard, config));
    connection.drop(cause);
    EXPECT_EQ(heard.heard, Strings{closed(ending)});
  }
}

TEST_F(WebSocketConnection, hands_over_to_another_handler) {
  open();
  Listener other;
  socket->set_handler(other);
  say("hello");
  EXPECT_TRUE(listener.heard.empty());
  EXPECT_EQ(other.heard, Strings{"text hello"});
  socket->close();
}

TEST_F(WebSocketConnection, deflates_nothing_that_would_hold_up_its_shard) {
  open(true);
  const std::string small(64 * 1024, 'a'), large(64 * 1024 + 1, 'a');
  const FrameFlags compressed{.fin = true, .compressed = true};
  socket->send_text(small);
  EXPECT_EQ(net.take_sent(), encode_frame(Opcode::text, deflate_message(small), compressed));
  socket->send_text(large);
  EXPECT_EQ(net.take_sent(), encode_frame(Opcode::text, large));
  socket->send(std::make_shared<const std::string>(encode_frame(Opcode::binary, large)));
  EXPECT_EQ(net.take_sent(), encode_frame(Opcode::binary, large));
  socket->send(encode_frame(Opcode::text, large) + encode_frame(Opcode::text, small));
  EXPECT_EQ(net.take_sent(), encode_frame(Opcode::text, large) +
                                 encode_frame(Opcode::text, deflate_message(small), compressed));
}

TEST_F(WebSocketConnection, inflates_and_deflates_when_agreed) {
  open(true);
  net.feed(client_frame(Opcode::text, deflate_message("compressed text"),
                        {.fin = true, .compressed = true}));
  EXPECT_EQ(listener.heard, Strings{"text compressed text"});
  socket->send_text("a text over the threshold");
  const FrameFlags compressed{.fin = true, .compressed = true};
  EXPECT_EQ(net.take_sent(),
            encode_frame(Opcode::text, deflate_message("a text over the threshold"), compressed));
  const auto frame =
      std::make_shared<const std::string>(encode_frame(Opcode::binary, "shared and long enough"));
  socket->send(frame);
  socket->send(frame);
  const std::string packed =
      encode_frame(Opcode::binary, deflate_message("shared and long enough"), compressed);
  EXPECT_EQ(net.take_sent(), packed + packed);
  socket->send(std::string_view{*frame});
  EXPECT_EQ(net.take_sent(), packed);
  socket->send(std::string_view{encode_frame(Opcode::text, "short")});
  EXPECT_EQ(net.take_sent(), encode_frame(Opcode::text, "short"));
  socket->send(encode_frame(Opcode::text, "short") + *frame + encode_frame(Opcode::text, "s"));
  EXPECT_EQ(net.take_sent(),
            encode_frame(Opcode::text, "short") + packed + encode_frame(Opcode::text, "s"));
}

TEST_F(WebSocketConnection, sends_small_messages_as_they_are) {
  open(true);
  socket->send_text("small");
  socket->send(std::make_shared<const std::string>(encode_frame(Opcode::text, "small")));
  EXPECT_EQ(net.take_sent(),
            encode_frame(Opcode::text, "small") + encode_frame(Opcode::text, "small"));
}

TEST_F(WebSocketConnection, refuses_bombs_and_bad_compressed_data) {
  const FrameFlags compressed{.fin = true, .compressed = true};
  const std::pair<std::string, CloseCode> rows[] = {
      {deflate_message(std::string(100'000, '0')), CloseCode::too_big},
      {"\xFF\xFF\xFF", CloseCode::invalid_data},
      {deflate_message("\xC0\x80 is no UTF-8"), CloseCode::invalid_data},
  };
  for (const auto& [payload, code] : rows) {
    Listener heard;
    net::FakeConnection connection{shard};
    connection.set_protocol(std::make_unique<Connection>(connection, heard, config, true));
    connection.feed(client_frame(Opcode::text, payload, compressed));
    EXPECT_EQ(connection.take_sent(), encode_close(code));
    EXPECT_EQ(heard.heard, Strings{closed(Ending::protocol_error)});
  }
}

/// Messages of 1,000 bytes that cost little to send; two of them are a turn's share.
class InflatedShare : public WebSocketConnection {
 protected:
  InflatedShare() {
    config.inflate_share = 1500;
    open(true);
  }
  static std::string message(char c) {
    return client_frame(Opcode::text, deflate_message(std::string(1000, c)),
                        {.fin = true, .compressed = true});
  }
  static std::string messages(std::string_view kinds) {
    std::string all;
    for (const char c : kinds) all += message(c);
    return all;
  }
  void turn() { shard.timers().run(shard.now() + 1ms); }
  /// The first letter of each message.
  std::string heard() const {
    std::string all;
    for (const std::string& line : listener.heard) {
      if (line.starts_with("text ")) all += line[5];
    }
    return all;
  }
};

TEST_F(InflatedShare, leaves_the_rest_to_later_turns) {
  net.feed(messages("abcde"));
  EXPECT_EQ(heard(), "ab");
  EXPECT_TRUE(net.is_paused());
  turn();
  EXPECT_EQ(heard(), "abcd");
  EXPECT_TRUE(net.is_paused());
  turn();
  EXPECT_EQ(heard(), "abcde");
  EXPECT_FALSE(net.is_paused());
  net.feed(messages("f"));
  EXPECT_EQ(heard(), "abcdef");
}

TEST_F(InflatedShare, keeps_the_order_and_half_a_frame) {
  const std::string cut = message('e');
  net.feed(messages("abcd") + cut.substr(0, 7));
  net.feed(cut.substr(7) + client_frame(Opcode::ping, "p"));
  for (int i = 0; i < 3; ++i) turn();
  net.end_turn();
  EXPECT_EQ(heard(), "abcde");
  EXPECT_EQ(net.take_sent(), encode_frame(Opcode::pong, "p"));
}

TEST_F(InflatedShare, counts_small_messages_too) {
  std::string small;
  for (int i = 0; i < 10; ++i) {
    small += client_frame(Opcode::text, deflate_message(std::to_string(i)),
                          {.fin = true, .compressed = true});
  }
  net.feed(small);
  EXPECT_EQ(heard(), "012345");
  turn();
  EXPECT_EQ(heard(), "0123456789");
}

TEST_F(InflatedShare, is_not_for_plain_messages) {
  std::string plain;
  for (int i = 0; i < 10; ++i) plain += client_frame(Opcode::text, std::string(1000, 'p'));
  net.feed(plain);
  EXPECT_EQ(heard().size(), 10u);
}

TEST_F(InflatedShare, drops_what_waits_when_the_peer_goes_or_breaks_the_rules) {
  net.feed(messages("abc"));
  net.drop();
  turn();
  EXPECT_EQ(heard(), "ab");
  EXPECT_EQ(listener.heard.back(), closed(Ending::peer_closed));
}

TEST_F(InflatedShare, finds_the_error_in_what_waits) {
  net.feed(messages("ab") + client_frame(Opcode::text, "\xFF") + messages("c"));
  EXPECT_EQ(heard(), "ab");
  turn();
  EXPECT_EQ(net.take_sent(), encode_close(CloseCode::invalid_data));
  EXPECT_EQ(listener.heard.back(), closed(Ending::protocol_error));
}

TEST_F(InflatedShare, finds_the_peers_close_in_what_waits) {
  net.feed(messages("abc") + client_frame(Opcode::close, ""));
  socket->close();
  turn();
  net.end_turn();
  EXPECT_EQ(heard(), "ab");
  EXPECT_TRUE(net.is_closed());
}

TEST_F(InflatedShare, may_be_aborted_while_something_waits) {
  net.feed(messages("abc"));
  socket->abort();
  net.end_turn();
  turn();
  EXPECT_EQ(heard(), "ab");
  EXPECT_TRUE(net.is_closed());
}

TEST_F(WebSocketConnection, is_small_while_idle) { EXPECT_LE(sizeof(Connection), 72u); }

}  // namespace
}  // namespace parley::websocket
