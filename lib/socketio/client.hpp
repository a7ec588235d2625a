#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engineio/session.hpp"
#include "net/timer.hpp"
#include "socketio/config.hpp"
#include "socketio/decoder.hpp"
#include "socketio/namespace.hpp"
#include "socketio/recovery.hpp"

namespace parley::socketio {

/// Where a Client finds what it may join. Any shard.
class Directory {
 public:
  virtual ~Directory() = default;
  virtual const Config& config() const = 0;
  virtual const PacketLimits& packet_limits() const = 0;
  /// nullptr when there is no such namespace.
  virtual Namespace* find(std::string_view nsp, const json::object& auth) = 0;
};

/// The Socket.IO half of a connection: reads packets, joins namespaces and leaves them. Owned by
/// its engine session, lives on that session's shard. Closing the session may destroy the client:
/// nothing of it is touched behind such a call, nor behind a call into the application. Source:
/// Socket.IO protocol v5.
class Client final : public engineio::SessionHandler {
 public:
  Client(Directory& directory, engineio::Session& session);
  ~Client() override;

  void on_text(std::string_view text) override;
  void on_binary(std::string_view bytes) override;
  void on_drain() override;
  void on_close(engineio::CloseReason reason) override;

  /// DISCONNECT for one namespace; the connection stays.
  void disconnect(const Socket& socket);
  /// DISCONNECT for all of them, then the end of the connection.
  void disconnect_all();

  /// The end of a CONNECT: the socket is in, or it is not. For Socket::finish_connect alone.
  void admit(const std::shared_ptr<Socket>& socket, std::vector<SharedLogged> missed);
  void refuse(const std::shared_ptr<Socket>& socket, const ConnectError& error);

 private:
  void handle(Result<std::optional<Decoded>> decoded);
  void dispatch(Decoded& decoded);
  void connect(const Packet& packet);
  void start(const std::shared_ptr<Socket>& socket);
  std::shared_ptr<Socket> take(const Socket& socket);
  void leave(const Socket& socket, DisconnectReason reason);
  std::shared_ptr<Socket> find(std::string_view nsp) const;
  bool has_joined(std::string_view nsp) const;
  /// A packet that does not fit the state.
  void close_for_state();
  /// Nothing is joined: the client is a stranger, and has until the timeout.
  void await_join();
  void on_connect_timeout();

  Directory& directory_;
  engineio::Session& session_;
  Decoder decoder_;
  /// Connecting ones too; mostly one.
  boost::container::small_vector<std::shared_ptr<Socket>, 1> sockets_;
  std::unique_ptr<net::Timer> connect_timer_;  ///< While no namespace is joined.
  std::uint32_t connects_ = 0;                 ///< CONNECTs so far.
  bool state_error_ = false;
};

}  // namespace parley::socketio
