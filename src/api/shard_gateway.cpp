#include "api/shard_gateway.hpp"

#include <algorithm>

#include "api/event_names.hpp"
#include "api/fields.hpp"
#include "api/summaries.hpp"
#include "api/wire.hpp"
#include "socketio/guard.hpp"

namespace parley::api {

using namespace std::chrono_literals;

namespace {

socketio::Payload payload(std::string args) { return {std::move(args), {}}; }
constexpr std::string_view ok = "{\"ok\":true}";
std::string refusal(const std::string& error) { return "{\"ok\":false,\"error\":" + error + "}"; }
std::string refusal(const Error& error) { return refusal(wire::error_object(error)); }

/// A name that a client made up, fit to be read.
std::string shown(std::string_view name) {
  constexpr std::size_t most = 64;
  std::string out{name.substr(0, most)};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return name.size() > most ? out + "..." : out;
}

/// A sixth of a minute's may come at once. 0: no limit.
Budget messages(std::uint32_t a_minute) {
  return {a_minute / 6, a_minute == 0 ? 0s : std::chrono::nanoseconds{1min} / a_minute};
}

Error too_many_calls() { return fail(Errc::overloaded, "too many calls under way"); }

}  // namespace

ShardGateway::ShardGateway(net::Shard& shard, const Services& services, chat::Feed& feed,
                           GatewayMetrics& metrics, Ways ways)
    : shard_(shard),
      services_(services),
      feed_(feed),
      metrics_(metrics),
      ways_(std::move(ways)),
      devices_(shard, metrics),
      delivery_(devices_, services.messaging, metrics),
      sends_(messages(services.rate_limit_send)),
      typings_(max_typing, std::chrono::nanoseconds{1s} / max_typing),
      unknown_(max_unknown, std::chrono::nanoseconds{1s} / max_unknown),
      leaving_(shard, "see a device off", [this](DevicePtr device) { return leave(device); }),
      syncing_(shard, "sync", [this](DevicePtr device) { return answer_sync(device); }),
      catching_up_(
          shard, "catch a device up", [this](Backlog rest) { return catch_up(std::move(rest)); },
          [](const Backlog& rest) { return rest.device->user; }),
      mending_(shard, "make a gap good", [this](Gap gap) { return make_good(std::move(gap)); }),
      typing_timer_(shard.timers(), this,
                    [](void* self) { static_cast<ShardGateway*>(self)->on_typing_deadline(); }) {}

/// By acknowledgement where one was asked for, else as an event that names the call.
void ShardGateway::refuse(socketio::Socket& socket, socketio::AckId ack, const Subject& subject,
                          const Error& error) {
  metrics_.rejected(error.code).add(shard_.index());
  refuse(socket, ack, subject, wire::error_object(error));
}

/// `error`: as JSON.
void ShardGateway::refuse(socketio::Socket& socket, socketio::AckId ack, const Subject& subject,
                          const std::string& error) {
  if (ack) return socket.answer(*ack, refusal(error));
  std::string args = "[{";
  if (subject.value) {
    json::append_string(args, subject.key);
    args += ':';
    json::append_string(args, *subject.value);
    args += ',';
  }
  args += "\"error\":" + error + "}]";
  socket.emit(events::message_error, payload(std::move(args)));
}

/// A send_message call under way.
class ShardGateway::Sending final : public chat::AppendWaiter {
 public:
  Sending(ShardGateway& gateway, DevicePtr device, socketio::AckId ack,
          std::optional<std::string> client_id)
      : gateway_(gateway),
        device_(std::move(device)),
        ack_(ack),
        client_id_(std::move(client_id)),
        began_(gateway.shard_.now()) {}

  Executor executor() const override { return gateway_.shard_.executor(); }
  void on_appended(Result<chat::Appended> sent) override {
    socketio::guarded(gateway_.shard_, "send_message", [&] { finish(sent); });
  }

 private:
  void finish(const Result<chat::Appended>& sent) {
    --device_->calls;
    if (sent) return gateway_.on_sent(*device_->socket, ack_, *sent, began_);
    gateway_.refuse(*device_->socket, ack_, {"clientId", client_id_}, sent.error());
  }

  ShardGateway& gateway_;
  DevicePtr device_;
  socketio::AckId ack_;
  std::optional<std::string> client_id_;
  SteadyTime began_;
};

void ShardGateway::on_send_message(socketio::Socket& socket, socketio::Event& event) {
  const DevicePtr& device = device_of(socket);
  Fields fields(event.members());
  chat::NewMessage draft{device->user, fields.id<chat::UserId>("receiverId"),
                         fields.string("content"), fields.optional_string("clientId"),
                         services_.messaging.now()};
  const auto checked = fields.check();
  if (!checked)
    return refuse(socket, event.ack_id(), {"clientId", draft.client_id}, checked.error());
  if (!sends_.spend(device->user, shard_.now()))
    return refuse(socket, event.ack_id(), {"clientId", draft.client_id}, fail(Errc::rate_limited));
  if (!may_call(*device))
    return refuse(socket, event.ack_id(), {"clientId", draft.client_id}, too_many_calls());
  ++device->calls;
  // Who is answered by acknowledgement needs no name of the call.
  auto client_id = event.ack_id() ? std::nullopt : draft.client_id;
  services_.messaging.send_for(
      std::move(draft),
      std::make_unique<Sending>(*this, device, event.ack_id(), std::move(client_id)));
}

void ShardGateway::on_sent(socketio::Socket& socket, socketio::AckId ack,
                           const chat::Appended& sent, SteadyTime began) {
  metrics_.messages_sent.add(shard_.index(), sent.duplicate ? 0 : 1);
  metrics_.send_seconds.observe(shard_.index(),
                                std::chrono::duration<double>(shard_.now() - began).count());
  const chat::Message& message = sent.message;
  if (typing_.stop(message.sender, message.receiver)) {
    announce_typing(events::stop_typing, message.sender, message.receiver);
  }
  answer(socket, ack, message);
}

void ShardGateway::answer(socketio::Socket& socket, socketio::AckId ack,
                          const chat::Message& message) {
  writer_.clear();
  wire::append_message_sent(writer_.begin(heads::message_sent), message);
  writer_.end();
  if (ack) {
    std::string& answer = writer_.begin_answer(socket.nsp().name(), *ack);
    answer += "{\"ok\":true,\"message\":";
    wire::append_message(answer, message, wire::Viewer::sender);
    answer += '}';
    writer_.end();
  }
  socket.emit(writer_.frames());
}

void ShardGateway::on_message_read(socketio::Socket& socket, socketio::Event& event) {
  const DevicePtr device = device_of(socket);
  Fields fields(event.members());
  const auto id = fields.id<chat::MessageId>("messageId");
  const auto checked = fields.check();
  if (!checked) return refuse(socket, event.ack_id(), {"messageId", std::nullopt}, checked.error());
  if (!may_call(*device))
    return refuse(socket, event.ack_id(), {"messageId", id.hex()}, too_many_calls());
  ++device->calls;
  device->own_reads.push_back(id);
  shard_.spawn("message_read", read(device, id, event.ack_id()));
}

Task<void> ShardGateway::read(DevicePtr device, chat::MessageId message, socketio::AckId ack) {
  const Time now = services_.messaging.now();
  const auto done = co_await services_.messaging.mark_read(device->user, message, now);
  --device->calls;
  const auto own = std::find(device->own_reads.begin(), device->own_reads.end(), message);
  device->own_reads.erase(own);
  if (!done) {
    refuse(*device->socket, ack, {"messageId", message.hex()}, done.error());
    co_return;
  }
  metrics_.messages_read.add(shard_.index());
  if (ack) device->socket->answer(*ack, ok);
}

bool ShardGateway::may_call(const Device& device) const {
  return device.calls < few_calls || devices_.calls_of(device.user) < max_calls;
}

/// The receiver that the call names; refuses it when it names none, or comes too soon.
std::optional<chat::UserId> ShardGateway::receiver_of(socketio::Socket& socket,
                                                      socketio::Event& event) {
  Fields fields(event.members());
  const auto receiver = fields.id<chat::UserId>("receiverId");
  auto checked = fields.check();
  if (checked && !typings_.spend(device_of(socket)->user, shard_.now()))
    checked = fail(Errc::rate_limited);
  if (checked) return receiver;
  refuse(socket, event.ack_id(), {"receiverId", std::nullopt}, checked.error());
  return std::nullopt;
}

void ShardGateway::on_typing(socketio::Socket& socket, socketio::Event& event) {
  const DevicePtr device = device_of(socket);
  const auto receiver = receiver_of(socket, event);
  if (!receiver) return;
  if (const auto made_room = typing_.typing(device->user, *receiver, shard_.now())) {
    announce_typing(events::stop_typing, made_room->sender, made_room->receiver);
  }
  restart_typing_timer();
  announce_typing(events::typing, device->user, *receiver);
  if (event.ack_id()) socket.answer(*event.ack_id(), ok);
}

void ShardGateway::on_stop_typing(socketio::Socket& socket, socketio::Event& event) {
  const DevicePtr device = device_of(socket);
  const auto receiver = receiver_of(socket, event);
  if (!receiver) return;
  typing_.stop(device->user, *receiver);
  restart_typing_timer();
  announce_typing(events::stop_typing, device->user, *receiver);
  if (event.ack_id()) socket.answer(*event.ack_id(), ok);
}

void ShardGateway::announce_typing(std::string_view event, chat::UserId sender,
                                   chat::UserId receiver) {
  ways_.announce({receiver}, {"/", event, payload(wire::typing(sender))});
}

void ShardGateway::on_typing_deadline() {
  for (const chat::Typing::Stopped& stopped : typing_.expire(typing_timer_.deadline())) {
    announce_typing(events::stop_typing, stopped.sender, stopped.receiver);
  }
  restart_typing_timer();
}

void ShardGateway::restart_typing_timer() {
  const SteadyTime next = typing_.next_deadline();
  if (next == SteadyTime::max()) return typing_timer_.stop();
  typing_timer_.start(next);
}

void ShardGateway::on_sync(socketio::Socket& socket, socketio::Event& event) {
  const auto ack = event.ack_id();
  if (!ack) return;  // Nobody waits for an answer.
  const DevicePtr device = device_of(socket);
  Fields fields(event.members());
  chat::SyncRequest request{device->user, fields.optional_string("since"),
                            fields.optional_count("limit")};
  if (request.since && request.since->size() > chat::longest_cursor)
    fields.reject("since", "is no cursor");
  const auto checked = fields.check();
  if (!checked) return socket.answer(*ack, refusal(checked.error()));
  if (!may_call(*device)) return socket.answer(*ack, refusal(too_many_calls()));
  ++device->calls;
  const bool is_first = device->syncs == nullptr;
  if (is_first) device->syncs = std::make_unique<std::deque<SyncCall>>();
  device->syncs->push_back({std::move(request), *ack});
  if (is_first) syncing_.add(device);
}

/// The device's first one; then others have their turn. Each holds a page of messages until it has
/// been answered.
Task<void> ShardGateway::answer_sync(DevicePtr device) {
  const SyncCall call = std::move(device->syncs->front());
  device->syncs->pop_front();
  std::string answer;
  try {
    answer = co_await sync(call.request);
  } catch (...) {
    shard_.report("sync", std::current_exception());
    answer = refusal(fail(Errc::internal));
  }
  --device->calls;
  device->socket->answer(call.ack, answer);
  if (!device->is_gone() && !device->syncs->empty()) co_return syncing_.add(device);
  device->syncs.reset();
}

/// The answer.
Task<std::string> ShardGateway::sync(chat::SyncRequest request) {
  const chat::UserId user = request.user;
  const auto missed = co_await services_.messaging.sync(std::move(request));
  if (!missed) co_return refusal(missed.error());
  const auto conversations =
      co_await render_summaries(services_, user, missed->conversations, LastMessage::whole);
  if (!conversations) co_return refusal(conversations.error());
  std::string answer = "{\"ok\":true,\"messages\":";
  wire::append_messages(answer, missed->messages, user);
  answer += ",\"receipts\":[";
  for (std::size_t i = 0; i < missed->receipts.size(); ++i) {
    if (i != 0) answer += ',';
    wire::append_receipt(answer, missed->receipts[i]);
  }
  answer += "],\"conversations\":" + *conversations + ",\"cursor\":";
  json::append_string(answer, missed->cursor);
  answer += missed->has_more ? ",\"hasMore\":true}" : ",\"hasMore\":false}";
  co_return answer;
}

void ShardGateway::on_auth_refresh(socketio::Socket& socket, socketio::Event& event) {
  const DevicePtr device = device_of(socket);
  Fields fields(event.members());
  const std::string token = fields.string("token");
  if (const auto checked = fields.check(); !checked) {
    return refuse(socket, event.ack_id(), {"token", std::nullopt}, checked.error());
  }
  const auto claims = services_.sessions.authenticate(token, wall_now());
  if (!claims) return refuse(socket, event.ack_id(), {"token", std::nullopt}, claims.error());
  if (claims->user != device->user) {
    return refuse(socket, event.ack_id(), {"token", std::nullopt},
                  fail(Errc::forbidden, "The token is another user's"));
  }
  device->family = claims->family;
  set_expiry(*device, claims->expires_at);
  if (event.ack_id()) socket.answer(*event.ack_id(), ok);
}

void ShardGateway::on_unknown(socketio::Socket& socket, socketio::Event& event) {
  const Subject nothing{{}, std::nullopt};
  if (!unknown_.spend(device_of(socket)->user, shard_.now()))
    return refuse(socket, event.ack_id(), nothing, fail(Errc::rate_limited));
  metrics_.rejected(Errc::not_supported).add(shard_.index());
  const std::string message = "There is no event " + shown(event.name());
  refuse(socket, event.ack_id(), nothing, wire::error_object(Errc::not_supported, message));
}

}  // namespace parley::api
