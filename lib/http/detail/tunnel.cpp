#include "http/detail/tunnel.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

namespace parley::http::detail {

namespace {

constexpr std::size_t read_size = 16 << 10;
constexpr std::string_view upgraded = "HTTP/1.1 101";

}  // namespace

/// The client's side.
class Tunnel::End final : public net::Protocol {
 public:
  explicit End(std::shared_ptr<Tunnel> tunnel) : tunnel_(std::move(tunnel)) {}

  void on_bytes(std::span<char> bytes) override { tunnel_->on_bytes({bytes.data(), bytes.size()}); }
  void on_drained() override { tunnel_->drained_.cancel(); }
  void on_closed(net::CloseCause) override { tunnel_->on_client_gone(); }

 private:
  std::shared_ptr<Tunnel> tunnel_;
};

Tunnel::Tunnel(std::unique_ptr<Relayed> relayed, UpstreamSocket upstream, net::Connection& client,
               std::size_t max_waiting)
    : relayed_(std::move(relayed)),
      upstream_(std::move(upstream)),
      client_(&client),
      shard_(client.shard()),
      max_waiting_(max_waiting),
      drained_(shard_.executor()) {
  relayed_->end = [this] { end(); };
}

void Tunnel::start(std::string request, std::string_view early) {
  client_->set_protocol(std::make_unique<End>(shared_from_this()));
  if (!early.empty()) on_bytes(early);
  shard_.spawn("read a tunnel", ask_and_read(std::move(request)));
}

void Tunnel::on_bytes(std::string_view bytes) {
  waiting_.append(bytes);
  if (waiting_.size() > max_waiting_ && !std::exchange(is_paused_, true)) client_->pause();
  if (is_upgraded_ && !std::exchange(is_writing_, true))
    shard_.spawn("write a tunnel", write_upstream());
}

void Tunnel::hear(std::string_view bytes) {
  if (status_.size() == upgraded.size()) return;
  status_.append(bytes.substr(0, upgraded.size() - status_.size()));
  if (status_ == upgraded) {
    is_upgraded_ = true;
    on_bytes({});
  } else if (!upgraded.starts_with(status_)) {
    boost::system::error_code ignored;
    upstream_.shutdown(UpstreamSocket::shutdown_send, ignored);  // it ends when it has answered
  }
}

void Tunnel::on_client_gone() {
  client_ = nullptr;
  drained_.cancel();
  boost::system::error_code ignored;
  upstream_.close(ignored);
}

void Tunnel::end() {
  if (client_ != nullptr) client_->close_after_flush();
  drained_.cancel();
  boost::system::error_code ignored;
  upstream_.close(ignored);
}

Task<void> Tunnel::write_upstream() {
  const auto self = shared_from_this();
  boost::system::error_code failed;
  auto token = asio::redirect_error(asio::use_awaitable_t<Executor>{}, failed);
  while (!failed && client_ != nullptr && !waiting_.empty()) {
    const std::string going = std::exchange(waiting_, {});
    const auto buffer = asio::buffer(going);
    co_await asio::async_write(upstream_, buffer, token);
    if (client_ != nullptr && waiting_.size() <= max_waiting_ && std::exchange(is_paused_, false))
      client_->resume();
  }
  is_writing_ = false;
  if (failed && client_ != nullptr) client_->close_after_flush();
}

Task<void> Tunnel::ask_and_read(std::string request) {
  const auto self = shared_from_this();
  const auto bytes = std::make_unique<std::array<char, read_size>>();
  const auto buffer = asio::buffer(*bytes);
  boost::system::error_code failed;
  auto token = asio::redirect_error(asio::use_awaitable_t<Executor>{}, failed);
  const auto question = asio::buffer(request);
  co_await asio::async_write(upstream_, question, token);
  while (!failed) {
    const std::size_t size = co_await upstream_.async_read_some(buffer, token);
    if (client_ == nullptr || failed) break;
    const std::string_view some{bytes->data(), size};
    hear(some);
    client_->send(some);
    co_await wait_for_client();
  }
  if (client_ != nullptr) client_->close_after_flush();
  upstream_.close(failed);
}

Task<void> Tunnel::wait_for_client() {
  boost::system::error_code cancelled;
  auto token = asio::redirect_error(asio::use_awaitable_t<Executor>{}, cancelled);
  while (client_ != nullptr && client_->is_open() && client_->queued_bytes() > max_waiting_) {
    drained_.expires_after(std::chrono::seconds{30});
    co_await drained_.async_wait(token);
  }
}

}  // namespace parley::http::detail
