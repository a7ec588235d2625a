#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/task.hpp"
#include "http/detail/relayed.hpp"
#include "net/connection.hpp"
#include "net/steady_timer.hpp"

namespace parley::http::detail {

using UpstreamSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

/// Carries bytes between a client's connection and another server until one of them ends; the
/// client's only once that server has upgraded: else they would be requests that nobody here has
/// seen. Lives on the connection's shard, held by its protocol there and by the coroutines that
/// wait.
class Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  /// `max_waiting`: bytes on the way to one side, beyond which the other is not read.
  Tunnel(std::unique_ptr<Relayed> relayed, UpstreamSocket upstream, net::Connection& client,
         std::size_t max_waiting);

  /// Becomes the client's protocol and asks the other server for the upgrade; `early` came behind
  /// the request.
  void start(std::string request, std::string_view early);

 private:
  class End;

  void on_bytes(std::string_view bytes);
  void hear(std::string_view bytes);
  void on_client_gone();
  void end();
  Task<void> write_upstream();
  Task<void> ask_and_read(std::string request);
  Task<void> wait_for_client();

  std::unique_ptr<Relayed> relayed_;
  UpstreamSocket upstream_;
  net::Connection* client_;  ///< nullptr: gone.
  net::Shard& shard_;
  std::size_t max_waiting_;
  std::string waiting_;  ///< For the other server.
  std::string status_;   ///< The beginning of its answer.
  bool is_upgraded_ = false;
  bool is_writing_ = false;
  bool is_paused_ = false;
  net::SteadyTimer drained_;
};

}  // namespace parley::http::detail
