#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "base/task.hpp"
#include "net/connection.hpp"

namespace parley::http::detail {

using UpstreamSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

/// Carries bytes between a client's connection and another server until one of them ends. Lives on
/// the connection's shard, held by its protocol there and by the coroutines that wait.
class Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  /// `max_waiting`: bytes on the way to one side, beyond which the other is not read.
  Tunnel(UpstreamSocket upstream, net::Connection& client, std::size_t max_waiting);

  /// Becomes the client's protocol; `first` goes to the other server ahead of what comes.
  void start(std::string first);

 private:
  class End;

  void on_bytes(std::string_view bytes);
  void on_client_gone();
  Task<void> write_upstream();
  Task<void> read_upstream();
  Task<void> wait_for_client();

  UpstreamSocket upstream_;
  net::Connection* client_;  ///< nullptr: gone.
  net::Shard& shard_;
  std::size_t max_waiting_;
  std::string waiting_;  ///< For the other server.
  bool is_writing_ = false;
  bool is_paused_ = false;
  asio::steady_timer drained_;
};

}  // namespace parley::http::detail
