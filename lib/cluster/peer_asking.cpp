#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cluster/peer.hpp"
#include "socketio/random_id.hpp"

namespace parley::cluster {

using socketio::AckSink;
using socketio::AskedClients;

/// Adds up what the servers say about the clients that they ask.
struct Peer::Asking {
  AckSink sink;
  /// Servers that have not said how many clients they ask: this one, and a place for the others
  /// until they are counted.
  std::size_t missing = 2;
  AskedClients asked{};
  std::size_t answers = 0;

  void on_clients(AskedClients more) {
    if (missing == 0) return;
    asked.count += more.count;
    asked.complete &= more.complete;
    if (--missing == 0) sink.on_clients(asked);
  }
  void on_answer(socketio::Payload answer) {
    ++answers;
    sink.on_ack(std::move(answer));
  }
  bool has_all() const { return missing == 0 && answers >= asked.count; }
};

Task<std::optional<std::size_t>> Peer::count_others(std::shared_ptr<Peer> self) {
  auto command = self->wire_->count_servers();
  const std::string channel = command.back();
  const auto reply = co_await self->around_.client.call(std::move(command));
  if (!reply || reply->array() == nullptr || reply->array()->size() != 2) co_return std::nullopt;
  const std::int64_t* const count = (*reply->array())[1].integer();
  if (count == nullptr || *count < 0) co_return std::nullopt;
  const auto servers = static_cast<std::size_t>(*count);
  co_return servers == 0 || !self->is_counted(channel) ? servers : servers - 1;
}

Task<Collected> Peer::collect(std::shared_ptr<Peer> self, Message request) {
  const Executor here = co_await asio::this_coro::executor;
  Collected collected;
  // This frame waits until `done` was called, so what it refers to stays.
  auto begin = [&](auto handler) {
    auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    Collect done = [&collected, here, resume](Collected all) {
      collected = std::move(all);
      asio::post(here, std::move(*resume));
    };
    self->home().post([self, request = std::move(request), done = std::move(done)]() mutable {
      self->home().spawn("cluster.gather", gather(self, std::move(request), std::move(done)));
    });
  };
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(begin, token);
  co_return collected;
}

Task<void> Peer::gather(std::shared_ptr<Peer> self, Message request, Collect done) {
  auto count = count_others(self);
  const std::optional<std::size_t> others = co_await std::move(count);
  auto collected = std::make_shared<Collected>();
  collected->complete = others == 0;
  const Kind wanted = request.kind == Kind::fetch ? Kind::sockets : Kind::server_answer;
  Requests::Asker asker{[collected, wanted, servers = others.value_or(0)](Message& answer) {
                          if (answer.kind == wanted)
                            collected->answers.push_back(std::move(answer));
                          return collected->answers.size() >= servers;
                        },
                        [collected, done](bool complete) {
                          collected->complete = complete;
                          done(std::move(*collected));
                        }};
  request.request = socketio::random_id();
  const SteadyTime deadline = self->home().now() + self->config_.requests_timeout;
  const bool asks =
      others.value_or(0) > 0 && self->requests_.open(request.request, deadline, std::move(asker));
  asks ? self->publish(self->wire_->request(request)) : done(std::move(*collected));
}

void Peer::ask_clients(socketio::Selection selection,
                       std::shared_ptr<const socketio::AskedEvent> event, AckSink sink) {
  auto asking = std::make_shared<Asking>(Asking{std::move(sink)});
  Message request;
  request.kind = Kind::broadcast;
  request.selection = selection;
  request.name = event->name;
  request.args = event->args;
  request.timeout = event->timeout;
  home().spawn("cluster.ask", ask_others(shared_from_this(), asking, std::move(request)));
  AckSink back{[asking](AskedClients clients) { asking->on_clients(clients); },
               [asking](socketio::Payload answer) { asking->on_answer(std::move(answer)); }};
  inner_.broadcast_with_ack(selection, std::move(event), std::move(back));
}

Task<void> Peer::ask_others(std::shared_ptr<Peer> self, std::shared_ptr<Asking> asking,
                            Message request) {
  auto count = count_others(self);
  const std::optional<std::size_t> others = co_await std::move(count);
  Requests::Asker asker{[asking](Message& answer) {
                          if (answer.kind == Kind::client_count)
                            asking->on_clients({answer.clients, true});
                          if (answer.kind == Kind::client_answer)
                            asking->on_answer(std::move(answer.args));
                          return asking->has_all();
                        },
                        [](bool) {}};  // the one who asked has the same deadline
  request.request = socketio::random_id();
  const SteadyTime deadline = self->home().now() + *request.timeout;
  const bool asks =
      others.value_or(0) > 0 && self->requests_.open(request.request, deadline, std::move(asker));
  if (!asks) co_return asking->on_clients({0, others == 0});
  asking->missing += *others - 1;
  self->publish(self->wire_->request(request));
}

}  // namespace parley::cluster
