#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engineio/testing.hpp"
#include "net/shard.hpp"
#include "socketio/decoder.hpp"
#include "socketio/server.hpp"

namespace parley::socketio {

/// A Socket.IO client without a network, for tests of what is built on Server. The shards are not
/// started: each call runs everything that follows from it on the calling thread, on all shards,
/// and returns.
///
/// ```cpp
/// net::Shards shards{2};
/// socketio::Server io{shards, {}};
/// io.of("/").on("add", …);
/// socketio::TestClient client{io, shards};
/// client.connect();
/// client.emit_with_ack("add", {{"[1,2]"}});  // the answer's arguments
/// ```
class TestClient {
 public:
  struct Received {
    std::string nsp, name;
    Payload args;
    std::optional<std::uint64_t> ack_id;  ///< To be given to `acknowledge`.
  };

  /// A connection to `shards[shard]` with what the handshake request said.
  TestClient(Server& server, net::Shards& shards, std::size_t shard = 0,
             engineio::Handshake handshake = {});
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  /// Joins a namespace; false when it was refused, see `connect_error`, or has not been decided
  /// yet.
  bool connect(std::string_view nsp = "/", const json::object& auth = {});
  bool is_connected(std::string_view nsp = "/") const;
  /// The socket's id in the namespace; empty when it is not connected.
  std::string sid(std::string_view nsp = "/") const;
  /// The last CONNECT reply: sid and, with recovery, pid.
  const json::object& connect_reply() const { return connect_reply_; }
  /// The last CONNECT_ERROR.
  const std::optional<json::object>& connect_error() const { return connect_error_; }

  void emit(std::string_view event, const Payload& args = {}, std::string_view nsp = "/");
  /// nullopt when the server did not answer within what could run without waiting.
  std::optional<Payload> emit_with_ack(std::string_view event, const Payload& args = {},
                                       std::string_view nsp = "/");
  /// Answers an event of the server.
  void acknowledge(const Received& event, const Payload& args = {});
  void disconnect(std::string_view nsp = "/");
  /// The connection ends as if the network did it.
  void close(engineio::CloseReason reason = engineio::CloseReason::transport_close);
  /// The engine message as it is: for tests of what a broken client does.
  void send_text(std::string_view text);
  void send_binary(std::string_view bytes);

  /// Events since the last take, in order.
  std::vector<Received> take_events();
  /// The same, of one name, as JSON texts of their arguments.
  std::vector<std::string> take(std::string_view event);
  /// Set when the connection has ended.
  std::optional<engineio::CloseReason> closed() const { return session_.closed(); }
  engineio::FakeSession& session() { return session_; }

  /// Runs what is ready on all shards, until nothing is.
  void run();
  /// As `run`, with the shards' timers told that `duration` has passed.
  void run_after(std::chrono::milliseconds duration);

 private:
  template <class Act>
  void act(Act act);
  void feed(const Messages& messages);
  void read_sent();
  void read(const Decoded& decoded);

  net::Shards& shards_;
  net::Shard& shard_;
  engineio::FakeSession session_;
  PacketLimits limits_;
  Decoder decoder_;
  std::vector<std::pair<std::string, std::string>> joined_;  ///< Namespace, sid.
  std::vector<Received> events_;
  std::vector<std::pair<std::uint64_t, Payload>> answers_;
  json::object connect_reply_;
  std::optional<json::object> connect_error_;
  std::uint64_t next_ack_id_ = 0;
};

}  // namespace parley::socketio
