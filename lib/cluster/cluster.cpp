#include "cluster/cluster.hpp"

#include <array>

#include "base/hex.hpp"
#include "cluster/classic_wire.hpp"
#include "cluster/redis_adapter.hpp"
#include "cluster/sharded_wire.hpp"
#include "socketio/namespace.hpp"
#include "socketio/random_id.hpp"

namespace parley::cluster {
namespace {

std::unique_ptr<Wire> make_wire(const Config& config, const std::string& nsp) {
  DocumentLimits limits;
  limits.max_bytes = config.max_message;
  if (config.protocol == Protocol::sharded)  // With 16 digits, as upstream's cluster adapters have.
    return std::make_unique<ShardedWire>(Address{config.prefix, nsp, random_hex(8)}, limits);
  const std::string uid = socketio::random_id().substr(0, 6);
  return std::make_unique<ClassicWire>(Address{config.prefix, nsp, uid}, limits);
}

}  // namespace

Counts Counters::read() const {
  const auto value = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  return {value(published), value(dropped),  value(received),
          value(own),       value(not_held), value(undecodable)};
}

ChannelCommands channel_commands(const Config& config) {
  constexpr std::array words{"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"};
  const auto wire = make_wire(config, "/");
  std::vector<Channel> channels = wire->channels();
  if (const auto room = wire->room_channel("room")) channels.push_back(*room);
  ChannelCommands all;
  for (const Channel& one : channels)
    all.heard.push_back({words[static_cast<std::size_t>(one.kind)], one.name});
  Message message, request;
  message.kind = Kind::client_count;
  request.kind = Kind::leave;
  request.uid = "other";
  request.request = "r";
  all.told = {wire->broadcast({}, socketio::EncodedEvent{"/", "event", {}}), wire->request(request),
              wire->answer(message, request)};
  for (redis::Command& command : all.told) command.back().clear();
  return all;
}

Cluster::Cluster(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber,
                 Config config)
    : home_(home), client_(client), subscriber_(subscriber), config_(std::move(config)) {}

socketio::AdapterWrapper Cluster::wrapper() {
  return [this](socketio::Namespace& nsp, std::unique_ptr<socketio::Adapter> inner) {
    auto peer = std::make_shared<Peer>(Peer::Surroundings{home_, client_, subscriber_, counters_},
                                       config_, nsp, *inner, make_wire(config_, nsp.name()));
    return std::make_unique<RedisAdapter>(std::move(peer), std::move(inner));
  };
}

}  // namespace parley::cluster
