#include "socketio/broadcast.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/steady_timer.hpp"
#include "socketio/namespace.hpp"

namespace parley::socketio {
namespace {

/// The answers so far, and the timer that ends the wait.
struct Gathering {
  explicit Gathering(Executor executor) : timer(std::move(executor)) {}

  void end_if_complete() {
    if (!asked || acks.answers.size() < asked->count) return;
    acks.complete = asked->complete;
    has_ended = true;
    timer.cancel();
  }

  net::SteadyTimer timer;
  BroadcastAcks acks;
  std::optional<AskedClients> asked;
  bool has_ended = false;
};

Task<BroadcastAcks> gather(const Namespace& nsp, Selection selection,
                           std::shared_ptr<const AskedEvent> asked) {
  auto gathering = std::make_shared<Gathering>(co_await asio::this_coro::executor);
  gathering->timer.expires_after(asked->timeout);
  AckSink sink{[gathering](AskedClients clients) {
                 gathering->asked = clients;
                 gathering->end_if_complete();
               },
               [gathering](Payload answer) {
                 gathering->acks.answers.push_back(std::move(answer));
                 gathering->end_if_complete();
               }};
  nsp.adapter().broadcast_with_ack(selection, std::move(asked), std::move(sink));
  boost::system::error_code ignored;
  constexpr asio::use_awaitable_t<Executor> use_task{};
  auto token = asio::redirect_error(use_task, ignored);
  // What was answered before the wait began has cancelled nothing.
  if (!gathering->has_ended) co_await gathering->timer.async_wait(std::move(token));
  co_return std::exchange(gathering->acks, {});
}

}  // namespace

Broadcast Broadcast::to(std::string room) const {
  Broadcast more = *this;
  more.selection_.rooms.push_back(std::move(room));
  return more;
}

Broadcast Broadcast::except(std::string room) const {
  Broadcast fewer = *this;
  fewer.selection_.except.push_back(std::move(room));
  return fewer;
}

Broadcast Broadcast::local() const {
  Broadcast local = *this;
  local.selection_.is_local = true;
  return local;
}

Broadcast Broadcast::volatile_() const {
  Broadcast fleeting = *this;
  fleeting.selection_.is_volatile = true;
  return fleeting;
}

void Broadcast::emit(std::string_view event, const Payload& args) const {
  emit(std::make_shared<const EncodedEvent>(nsp_->name(), event, args));
}

void Broadcast::emit(const SharedEvent& event) const {
  nsp_->adapter().broadcast(selection_, event);
}

Task<BroadcastAcks> Broadcast::emit_with_ack(std::string event, Payload args,
                                             std::chrono::milliseconds timeout) const {
  return gather(
      *nsp_, selection_,
      std::make_shared<const AskedEvent>(AskedEvent{std::move(event), std::move(args), timeout}));
}

void Broadcast::join(std::string room) const {
  nsp_->adapter().join(selection_, {std::move(room)});
}
void Broadcast::leave(std::string room) const {
  nsp_->adapter().leave(selection_, {std::move(room)});
}
void Broadcast::disconnect(bool close_engine) const {
  nsp_->adapter().disconnect(selection_, close_engine);
}
Task<FetchedSockets> Broadcast::fetch_sockets() const {
  return nsp_->adapter().fetch_sockets(selection_);
}

}  // namespace parley::socketio
