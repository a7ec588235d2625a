// A device's stay: admission, presence, backlog, the end of its token, departure.
#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "api/event_names.hpp"
#include "api/shard_gateway.hpp"
#include "api/wire.hpp"

namespace parley::api {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t backlog_page = 100;
/// A message has been published so soon after it got its version, or is late for everybody.
constexpr auto unpublished = 15s;
/// How long the backlog waits for a device that does not read before it looks again.
constexpr auto drain_patience = 30s;
/// Of a connection whose token is good for longer, perhaps until a year that no timer counts to.
constexpr std::chrono::milliseconds longest_stay = std::chrono::years{1};

/// Everything sent to the device has left the process and is confirmed where it confirms, or it is
/// gone.
Task<void> wait_for_drain(net::Shard& shard, DevicePtr device) {
  while (!device->is_gone() &&
         (device->unconfirmed > 0 || device->socket->session().queued_bytes() > 0)) {
    device->drained = std::make_unique<net::SteadyTimer>(shard.executor(), drain_patience);
    boost::system::error_code cancelled;
    auto token = asio::redirect_error(asio::use_awaitable_t<Executor>{}, cancelled);
    co_await device->drained->async_wait(token);
    device->drained.reset();
  }
}

/// What it was told to have missed meanwhile.
std::optional<chat::Version> take_gap(Device& device) {
  return device.told ? std::exchange(device.told->missed_since, std::nullopt) : std::nullopt;
}

}  // namespace

Task<std::optional<socketio::ConnectError>> ShardGateway::admit(
    std::shared_ptr<socketio::Socket> socket) {
  const json::object& auth = socket->handshake().auth;
  const auto token = json::string_member(auth, "token");
  if (!token || token->empty()) co_return socketio::ConnectError{"Token missing", std::nullopt};
  const auto claims = services_.sessions.authenticate(std::string{*token}, wall_now());
  if (!claims) co_return socketio::ConnectError{"Auth failed", std::nullopt};

  auto device = Device::make(socket, claims->user, services_.messaging.now());
  device->family = claims->family;
  const json::value* acks = auth.if_contains("acks");
  device->confirms = acks != nullptr && acks->is_bool() && acks->get_bool();

  // Whoever knows that the device is connected may count on it to be online, and to hear what they
  // send: its room is subscribed while the others are told, and joined later where that is all.
  if (ways_.heard) socket->join(ways_.room(device->user));
  co_await arrive(device);
  if (ways_.heard && socket->handshake().engine != nullptr) {
    std::string room = ways_.room(device->user);
    co_await ways_.heard(std::move(room));
  }
  const bool is_gone = socket->handshake().engine == nullptr;
  auto refused = is_gone ? std::nullopt : why_not(*claims);
  if (is_gone || refused) {
    leaving_.add(device);
  } else {
    set_expiry(*device, claims->expires_at);
    socket->data = std::move(device);
  }
  co_return refused;
}

/// What may have come about while the device waited.
std::optional<socketio::ConnectError> ShardGateway::why_not(const chat::Claims& claims) const {
  if (services_.sessions.is_barred(claims))
    return socketio::ConnectError{"Auth failed", std::nullopt};
  if (!devices_.has_room(claims.user))
    return socketio::ConnectError{"Too many devices", std::nullopt};
  return std::nullopt;
}

void ShardGateway::set_expiry(Device& device, Time expires_at) {
  if (!device.expiry) {
    device.expiry = std::make_unique<net::Timer>(shard_.timers(), &device, [](void* expired) {
      static_cast<Device*>(expired)->socket->close_engine();
    });
  }
  device.expiry->start(shard_.now() + std::min(expires_at - wall_now(), longest_stay));
}

void ShardGateway::on_connection(const std::shared_ptr<socketio::Socket>& socket) {
  const DevicePtr device = device_of(*socket);
  socket->forget_auth();
  device->joined_at =
      std::min(delivery_.seen_version(), feed_.version_before(device->came - unpublished));
  devices_.add(device);
  if (ways_.room) socket->join(ways_.room(device->user));
  catching_up_.add({device});
}

void ShardGateway::on_disconnect(socketio::Socket& socket) {
  const DevicePtr device = device_of(socket);
  device->phase = Device::Phase::gone;
  device->expiry.reset();
  device->held.reset();
  if (device->drained) device->drained->cancel();
  devices_.remove(device);
  if (!devices_.has(device->user)) {
    for (const chat::Typing::Stopped& stopped : typing_.forget(device->user)) {
      announce_typing(events::stop_typing, stopped.sender, stopped.receiver);
    }
    restart_typing_timer();
  }
  socket.data.reset();
  leaving_.add(device);
}

Task<void> ShardGateway::arrive(DevicePtr device) {
  ++attended_;
  co_await feed_.follow(device->user);
  const std::string name = device->socket->id();
  const Time now = services_.messaging.now();
  const auto arrived = co_await services_.presences.arrive(device->user, name, now);
  if (arrived && *arrived) ways_.presence_changed(device->user, true);
}

/// A page of its backlog.
Task<void> ShardGateway::catch_up(Backlog rest) {
  const DevicePtr device = rest.device;
  if (device->is_gone()) co_return;
  const bool may_overlap = delivery_.seen_version() == chat::no_cut;
  const chat::BacklogQuery query{device->user, rest.after,
                                 may_overlap ? chat::no_cut : device->joined_at, backlog_page};
  const auto page = co_await services_.messaging.backlog(query);
  if (device->is_gone()) co_return;
  if (!page) {
    // It comes back, and so does its backlog.
    if (!info(page.error().code).temporary) co_return device->socket->close_engine();
    co_return catching_up_.put_off(std::move(rest));
  }
  std::optional<chat::Version> since;
  for (const chat::Message& message : page->messages) {
    // The backlog leaves out what other devices were faster to have. Where the feed may tell of
    // that yet, all is told in the order in which it was stored.
    if (message.version > device->joined_at) {
      since = device->joined_at;
      break;
    }
    delivery_.deliver_backlog(device, message);
    if (device->is_gone()) co_return;
  }
  if (page->has_more && !since) {
    rest.after = page->messages.back().version;
    shard_.spawn("wait for a device", go_on(catching_up_, std::move(rest)));
    co_return;
  }
  if (const auto missed = take_gap(*device)) since = std::min(since.value_or(*missed), *missed);
  if (!since) co_return delivery_.go_live(device);
  mending_.add({device, *since, chat::to_cursor(*since)});
}

void ShardGateway::on_gap(chat::Version since) {
  for (const DevicePtr& device : delivery_.fall_behind(since))
    mending_.add({device, since, chat::to_cursor(since)});
}

/// A page of it. Everybody is behind at once, and the store has no room for so many.
Task<void> ShardGateway::make_good(Gap gap) {
  const DevicePtr device = gap.device;
  if (device->is_gone()) co_return;
  chat::SyncRequest request{device->user, gap.cursor, backlog_page};
  const auto page = co_await services_.messaging.sync(std::move(request));
  if (device->is_gone()) co_return;
  if (!page) {
    if (!info(page.error().code).temporary) co_return device->socket->close_engine();
    co_return mending_.put_off(std::move(gap));
  }
  delivery_.tell_missed(device, *page);
  if (device->is_gone()) co_return;
  gap.cursor = page->cursor;
  const auto again = take_gap(*device);
  if (!page->has_more && !again) co_return delivery_.go_live(device);
  if (again && *again < gap.since) gap = {device, *again, chat::to_cursor(*again)};
  shard_.spawn("wait for a device", go_on(mending_, std::move(gap)));
}

/// Whoever does not read has no place among the few.
template <class Rest>
Task<void> ShardGateway::go_on(FewAtOnce<Rest>& queue, Rest rest) {
  co_await wait_for_drain(shard_, rest.device);
  queue.add(std::move(rest));
}

Task<void> ShardGateway::leave(DevicePtr device) {
  feed_.unfollow(device->user);
  const std::string name = device->socket->id();
  const Time now = services_.messaging.now();
  const auto left = co_await services_.presences.leave(device->user, name, now);
  if (left && *left) ways_.presence_changed(device->user, false);
  --attended_;
}

}  // namespace parley::api
