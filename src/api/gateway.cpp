#include "api/gateway.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/event_names.hpp"

namespace parley::api {

namespace {

using SocketPtr = std::shared_ptr<socketio::Socket>;
using SocketEvent = void (ShardGateway::*)(socketio::Socket&, socketio::Event&);

}  // namespace

Gateway::Gateway(net::Shards& shards, socketio::Server& server, const Services& services,
                 chat::Feed& feed, ops::Metrics& metrics, Neighbours neighbours)
    : metrics_(metrics),
      sessions_(services.sessions),
      neighbours_(std::move(neighbours)),
      nsp_(server.of("/")) {
  const auto announce = [this](std::vector<chat::UserId> users,
                               const socketio::EncodedEvent& event) {
    emit(std::move(users), event);
  };
  const auto changed = [this](chat::UserId user, bool online) { presence_changed(user, online); };
  ShardGateway::Ways ways{announce, changed, neighbours_.room, nullptr};
  if (neighbours_.has_room_channels)
    ways.heard = [this](std::string room) { return nsp_.adapter().reachable(std::move(room)); };
  const bool has_neighbours = neighbours_.room != nullptr;
  for (const auto& shard : shards) {
    shards_.push_back(std::make_unique<ShardGateway>(*shard, services, feed, metrics_, ways));
    news_.push_back(
        std::make_unique<PresenceNews>(*shard, services.presences, announce, has_neighbours));
  }
  subscribe(feed);
  set_up(nsp_);
}

void Gateway::subscribe(chat::Feed& feed) {
  for (const auto& shard : shards_) {
    net::Shard& home = shard->devices().shard();
    Delivery& delivery = shard->delivery();
    const chat::Version version = feed.subscribe(
        home.executor(),
        [&delivery](const chat::ChangeBatchPtr& batch) { delivery.on_batch(batch); });
    home.post([&delivery, version] { delivery.set_seen_version(version); });
    feed.on_gap(home.executor(),
                [&gateway = *shard](chat::Version since) { gateway.on_gap(since); });
  }
}

void Gateway::set_up(socketio::Namespace& nsp) {
  nsp.use([this](SocketPtr socket) {
    ShardGateway& shard = at(*socket);
    return shard.admit(std::move(socket));
  });
  nsp.on_connection([this](const SocketPtr& socket) { at(*socket).on_connection(socket); });
  nsp.on_disconnect([this](const SocketPtr& socket, socketio::DisconnectReason) {
    at(*socket).on_disconnect(*socket);
  });
  nsp.on_drain([this](const SocketPtr& socket) { at(*socket).on_drain(*socket); });
  const auto on = [&](std::string_view event, SocketEvent handler) {
    nsp.on(std::string{event}, [this, handler](const SocketPtr& socket, socketio::Event& received) {
      (at(*socket).*handler)(*socket, received);
    });
  };
  on(events::send_message, &ShardGateway::on_send_message);
  on(events::message_read, &ShardGateway::on_message_read);
  on(events::typing, &ShardGateway::on_typing);
  on(events::stop_typing, &ShardGateway::on_stop_typing);
  on(events::sync, &ShardGateway::on_sync);
  on(events::auth_refresh, &ShardGateway::on_auth_refresh);
  nsp.on_other([this](const SocketPtr& socket, socketio::Event& received) {
    at(*socket).on_unknown(*socket, received);
  });
}

void Gateway::emit(std::vector<chat::UserId> users, const socketio::EncodedEvent& event) {
  if (neighbours_.room) return emit_everywhere(users, event);
  emit_here(std::move(users), event);
}

void Gateway::emit_everywhere(const std::vector<chat::UserId>& users,
                              const socketio::EncodedEvent& event) {
  socketio::Selection selection;
  for (const chat::UserId& user : users) selection.rooms.push_back(neighbours_.room(user));
  nsp_.adapter().broadcast(selection, std::make_shared<const socketio::EncodedEvent>(event));
}

void Gateway::emit_here(std::vector<chat::UserId> users, const socketio::EncodedEvent& event) {
  const auto shared = std::make_shared<const std::vector<chat::UserId>>(std::move(users));
  for (const auto& shard : shards_) {
    Devices& devices = shard->devices();
    if (devices.shard().is_current()) {
      devices.emit(*shared, event);
    } else {
      devices.shard().post([&devices, shared, event] { devices.emit(*shared, event); });
    }
  }
}

void Gateway::presence_changed(chat::UserId user, bool online) {
  const std::size_t home = std::hash<chat::UserId>()(user) % shards_.size();
  news_[home]->changed(user, online);
}

void Gateway::repeat_presence(SteadyTime since) {
  for (const auto& news : news_) news->repeat(since);
}

bool Gateway::is_idle() const {
  const auto is_quiet = [](const auto& news) { return news->waiting() == 0; };
  const auto is_empty = [](const auto& shard) { return shard->attended() == 0; };
  return std::all_of(shards_.begin(), shards_.end(), is_empty) &&
         std::all_of(news_.begin(), news_.end(), is_quiet);
}

void Gateway::close(chat::UserId user, std::optional<chat::FamilyId> family) {
  close_here(user, family);
  if (neighbours_.close) neighbours_.close(user, family);
}

void Gateway::close_here(chat::UserId user, std::optional<chat::FamilyId> family) {
  // First, because clients come back at once.
  sessions_.end(user, family, wall_now());
  for (const auto& shard : shards_) {
    Devices& devices = shard->devices();
    devices.shard().post([&devices, user, family] { devices.close(user, family); });
  }
}

void Gateway::close_here(std::vector<chat::Ending> logins) {
  const auto shared = std::make_shared<const std::vector<chat::Ending>>(std::move(logins));
  for (const auto& shard : shards_) {
    Devices& devices = shard->devices();
    devices.shard().post([&devices, shared] {
      for (const chat::Ending& login : *shared) devices.close(login.user, login.family);
    });
  }
}

Task<void> Gateway::settle() {
  const Executor home = co_await asio::this_coro::executor;
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await asio::post(home, token);
  const auto nothing = [] { return true; };
  for (const auto& shard : shards_) co_await net::run_on(shard->devices().shard(), nothing);
}

Task<std::vector<DeviceReport>> Gateway::devices_of(chat::UserId user) {
  std::vector<DeviceReport> all;
  for (const auto& shard : shards_) {
    Devices& devices = shard->devices();
    const auto look = [&devices, user] { return devices.report(user); };
    const auto some = co_await net::run_on(devices.shard(), look);
    all.insert(all.end(), some.begin(), some.end());
  }
  co_return all;
}

}  // namespace parley::api
