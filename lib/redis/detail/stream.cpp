#include "redis/detail/stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <vector>

namespace parley::redis::detail {

namespace {

using boost::system::error_code;

constexpr asio::use_awaitable_t<Executor> use_task{};

Error failed(std::string_view step, const error_code& error) {
  return fail(Errc::unavailable, std::string{step}.append(": ").append(error.message()));
}

}  // namespace

Task<Result<Done>> Stream::open(Config config) {
  auto connected = co_await connect(config.host, config.port);
  if (!connected || !config.tls) co_return connected;
  co_return co_await start_tls(std::move(config));
}

Task<Result<Done>> Stream::connect(std::string host, std::uint16_t port) {
  error_code error;
  auto quietly = asio::redirect_error(use_task, error);
  std::vector<Tcp::endpoint> places;
  if (const auto address = asio::ip::make_address(host, error); !error) {
    places.emplace_back(address, port);
  } else {
    const std::string service = std::to_string(port);
    const auto found = co_await resolver_.async_resolve(host, service, quietly);
    if (error) co_return failed("resolve", error);
    for (const auto& entry : found) places.push_back(entry.endpoint());
  }
  if (is_closed_) co_return failed("connect", asio::error::operation_aborted);
  co_await asio::async_connect(socket_, places, quietly);
  if (error) co_return failed("connect", error);
  if (is_closed_) co_return failed("connect", asio::error::operation_aborted);
  socket_.set_option(Tcp::no_delay{true}, error);
  socket_.set_option(asio::socket_base::keep_alive{true}, error);
  co_return Done{};
}

Result<Done> Stream::prepare_tls(const Config& config) {
  namespace ssl = asio::ssl;
  error_code error;
  tls_context_.emplace(ssl::context::tls_client);
  tls_context_->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  if (config.ca_file.empty()) {
    tls_context_->set_default_verify_paths(error);
  } else {
    tls_context_->load_verify_file(config.ca_file, error);
  }
  if (error) return failed("TLS certificates", error);
  tls_.emplace(socket_, *tls_context_);
  tls_->set_verify_mode(ssl::verify_peer, error);
  if (!error) tls_->set_verify_callback(ssl::host_name_verification(config.host), error);
  if (error) return failed("TLS", error);
  error_code no_address;
  asio::ip::make_address(config.host, no_address);
  // Names, never addresses, are told to the server. Source: RFC 6066, section 3. The macro for it
  // (SSL_set_tlsext_host_name) holds a C cast.
  std::string name = config.host;
  if (no_address && SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME,
                             TLSEXT_NAMETYPE_host_name, name.data()) != 1) {
    return fail(Errc::unavailable, "TLS: the host name cannot be sent");
  }
  return Done{};
}

Task<Result<Done>> Stream::start_tls(Config config) {
  if (auto prepared = prepare_tls(config); !prepared) co_return prepared;
  error_code error;
  auto quietly = asio::redirect_error(use_task, error);
  co_await tls_->async_handshake(asio::ssl::stream_base::client, quietly);
  if (error) co_return failed("TLS", error);
  co_return Done{};
}

Task<Result<std::size_t>> Stream::read_some(std::span<char> buffer) {
  error_code error;
  auto quietly = asio::redirect_error(use_task, error);
  const asio::mutable_buffer room{buffer.data(), buffer.size()};
  std::size_t size = 0;
  if (tls_) {
    size = co_await tls_->async_read_some(room, quietly);
  } else {
    size = co_await socket_.async_read_some(room, quietly);
  }
  if (error) co_return failed("read", error);
  co_return size;
}

void Stream::write(std::string_view bytes, std::function<void(error_code)> done) {
  auto written = [done = std::move(done)](error_code error, std::size_t) { done(error); };
  const asio::const_buffer all{bytes.data(), bytes.size()};
  if (tls_) {
    asio::async_write(*tls_, all, std::move(written));
  } else {
    asio::async_write(socket_, all, std::move(written));
  }
}

void Stream::close() {
  is_closed_ = true;
  error_code ignored;
  resolver_.cancel();
  socket_.close(ignored);
}

}  // namespace parley::redis::detail
