#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "base/task.hpp"
#include "redis/config.hpp"

namespace parley::redis::detail {

/// Bytes to and from a server, over TCP or TLS. One shard's; kept alive by who waits on it.
class Stream {
 public:
  explicit Stream(Executor executor) : resolver_(executor), socket_(executor) {}

  /// Resolves, connects and shakes hands. Once. Error: unavailable.
  Task<Result<Done>> open(Config config);
  /// At least one byte. Error: unavailable.
  Task<Result<std::size_t>> read_some(std::span<char> buffer);
  /// All of `bytes`, which stay until `done` was called or destroyed. One at a time.
  void write(std::string_view bytes, std::function<void(boost::system::error_code)> done);
  /// Ends whatever waits.
  void close();

 private:
  using Tcp = asio::ip::tcp;
  using Socket = asio::basic_stream_socket<Tcp, Executor>;

  Task<Result<Done>> connect(std::string host, std::uint16_t port);
  Task<Result<Done>> start_tls(Config config);
  Result<Done> prepare_tls(const Config& config);

  asio::ip::basic_resolver<Tcp, Executor> resolver_;
  Socket socket_;
  std::optional<asio::ssl::context> tls_context_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
  bool is_closed_ = false;
};

}  // namespace parley::redis::detail
