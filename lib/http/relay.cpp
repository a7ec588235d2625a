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

#include "http/detail/relayed.hpp"
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

constexpr std::chrono::milliseconds drain_step{10};

/// One request on its way through.
class Relaying : public std::enable_shared_from_this<Relaying> {
 public:
  Relaying(std::unique_ptr<detail::Relayed> relayed, std::shared_ptr<Exchange> exchange,
           Upstream upstream, const RelayLimits& limits)
      : relayed_(std::move(relayed)),
        exchange_(std::move(exchange)),
        upstream_(std::move(upstream)),
        limits_(limits),
        shard_(exchange_->connection().shard()),
        socket_(shard_.context()),
        resolver_(shard_.context()),
        deadline_(shard_.executor()) {}

  void start(Relays::Refuse refuse) {
    refuse_ = std::move(refuse);
    relayed_->end = [this] { give_up(); };
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
    std::make_shared<detail::Tunnel>(std::move(relayed_), std::move(socket_), client,
                                     limits_.max_waiting)
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
    std::exchange(refuse_, {})(*exchange_, NotRelayed::unanswered);
  }

  std::unique_ptr<detail::Relayed> relayed_;
  std::shared_ptr<Exchange> exchange_;
  Upstream upstream_;
  Relays::Refuse refuse_;
  RelayLimits limits_;
  net::Shard& shard_;
  UpstreamSocket socket_;
  Resolver resolver_;
  net::SteadyTimer deadline_;
};

/// Until so many are left.
void end_oldest(Relays::Core::PerShard& here, std::size_t left) {
  for (std::size_t open = here.under_way.size(); open > left; --open) {
    detail::Relayed& oldest = here.under_way.front();
    oldest.unlink();
    const auto end = std::move(oldest.end);
    end();
  }
}

Task<void> end_all(std::shared_ptr<Relays::Core> core, std::size_t shard,
                   std::chrono::milliseconds jitter) {
  Relays::Core::PerShard& here = core->here[shard];
  here.is_draining = true;
  const std::size_t all = here.under_way.size();
  const auto steps = static_cast<std::size_t>(jitter / drain_step);
  for (std::size_t step = 0; step < steps; ++step) {
    end_oldest(here, all - all * step / steps);
    co_await net::sleep_for(drain_step);
  }
  end_oldest(here, 0);
}

}  // namespace

bool was_relayed(const Request& request) {
  return request.headers.joined("via").find(relay_name) != std::string::npos;
}

Relays::Relays(net::Shards& shards, RelayLimits limits)
    : core_(std::make_shared<Core>(shards, limits)) {}
Relays::~Relays() = default;

void Relays::relay(std::shared_ptr<Exchange> exchange, Upstream upstream, Refuse refuse) {
  auto relayed = detail::Relayed::begin(core_, exchange->connection());
  if (!relayed) return refuse(*exchange, NotRelayed::no_room);
  std::make_shared<Relaying>(std::move(relayed), std::move(exchange), std::move(upstream),
                             core_->limits)
      ->start(std::move(refuse));
}

void Relays::drain(std::chrono::milliseconds jitter) {
  for (const auto& shard : core_->shards)
    shard->spawn("end relayed requests", end_all(core_, shard->index(), jitter));
}

}  // namespace parley::http
