#include "http/relay.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "http/detail/tunnel.hpp"
#include "http/detail/upstream_request.hpp"
#include "net/shard.hpp"
#include "net/steady_timer.hpp"

namespace parley::http {

namespace {

namespace beast = boost::beast;
using detail::UpstreamSocket;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
using Answer = beast::http::response_parser<beast::http::string_body>;

/// One request on its way through.
class Relaying : public std::enable_shared_from_this<Relaying> {
 public:
  Relaying(std::shared_ptr<Exchange> exchange, Upstream upstream,
           std::function<void(Exchange&)> refuse, RelayLimits limits)
      : exchange_(std::move(exchange)),
        upstream_(std::move(upstream)),
        refuse_(std::move(refuse)),
        limits_(limits),
        shard_(exchange_->connection().shard()),
        socket_(shard_.context()),
        resolver_(shard_.context()),
        deadline_(shard_.executor()) {}

  void start() {
    exchange_->on_abort([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->give_up();
    });
    shard_.spawn("relay a request", run());
  }

 private:
  Task<void> run() {
    const auto self = shared_from_this();
    const http::Request& request = exchange_->request();
    const bool upgrades = request.headers.find("upgrade") && request.body.empty();
    set_deadline(limits_.connect_timeout);
    const bool connected = co_await connect();
    if (!exchange_->is_open()) co_return;
    if (!connected) co_return refuse();
    if (upgrades) co_return tunnel();
    set_deadline(limits_.answer_timeout);
    auto answer = co_await ask();
    if (!exchange_->is_open()) co_return;
    if (!answer) co_return refuse();
    deadline_.cancel();
    exchange_->respond(std::move(*answer));
  }

  Task<bool> connect() {
    boost::system::error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable_t<Executor>{}, failed);
    const std::string port = std::to_string(upstream_.port);
    const auto endpoints = co_await resolver_.async_resolve(upstream_.host, port, token);
    if (failed) co_return false;
    co_await asio::async_connect(socket_, endpoints, token);
    if (failed) co_return false;
    socket_.set_option(asio::ip::tcp::no_delay(true), failed);
    co_return true;
  }

  Task<std::optional<Response>> ask() {
    boost::system::error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable_t<Executor>{}, failed);
    const std::string request = detail::upstream_request(exchange_->request(), false);
    const auto bytes = asio::buffer(request);
    co_await asio::async_write(socket_, bytes, token);
    if (failed) co_return std::nullopt;
    beast::flat_buffer buffer;
    Answer answer;
    answer.body_limit(limits_.max_answer);
    co_await beast::http::async_read(socket_, buffer, answer, token);
    if (failed) co_return std::nullopt;
    co_return as_response(answer.release());
  }

  static Response as_response(beast::http::response<beast::http::string_body> answer) {
    Response response;
    response.status = static_cast<int>(answer.result_int());
    for (const auto& field : answer) {
      const std::string_view name{field.name_string().data(), field.name_string().size()};
      const std::string_view value{field.value().data(), field.value().size()};
      if (detail::passes_back(name)) response.headers.add(name, std::string{value});
    }
    response.body = std::move(answer.body());
    return response;
  }

  void tunnel() {
    deadline_.cancel();
    std::string request = detail::upstream_request(exchange_->request(), true);
    std::string leftover;
    net::Connection& client = exchange_->take_over(leftover);
    std::make_shared<detail::Tunnel>(std::move(socket_), client, limits_.max_waiting)
        ->start(std::move(request), leftover);
  }

  void set_deadline(std::chrono::milliseconds limit) {
    deadline_.expires_after(limit);
    deadline_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
      const auto self = weak.lock();
      if (self && !cancelled) self->give_up();
    });
  }

  /// What waits ends with an error.
  void give_up() {
    resolver_.cancel();
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  void refuse() {
    deadline_.cancel();
    std::exchange(refuse_, {})(*exchange_);
  }

  std::shared_ptr<Exchange> exchange_;
  Upstream upstream_;
  std::function<void(Exchange&)> refuse_;
  RelayLimits limits_;
  net::Shard& shard_;
  UpstreamSocket socket_;
  Resolver resolver_;
  net::SteadyTimer deadline_;
};

}  // namespace

bool was_relayed(const Request& request) {
  return request.headers.joined("via").find(relay_name) != std::string::npos;
}

void relay(std::shared_ptr<Exchange> exchange, Upstream upstream,
           std::function<void(Exchange&)> refuse, RelayLimits limits) {
  std::make_shared<Relaying>(std::move(exchange), std::move(upstream), std::move(refuse), limits)
      ->start();
}

}  // namespace parley::http
