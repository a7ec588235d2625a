#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "api/gateway.hpp"
#include "app/forwarding.hpp"
#include "cluster/cluster.hpp"
#include "http/rate_limit.hpp"
#include "nodes/change_bus.hpp"
#include "nodes/directory.hpp"
#include "nodes/missed_events.hpp"
#include "nodes/permissions.hpp"
#include "nodes/presence.hpp"
#include "ops/metrics.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"
#include "settings/settings.hpp"

namespace parley::store::mongo {
class Feed;
}

namespace parley::app {

/// What joins this process to others through Redis: Socket.IO events, presence, shared counters,
/// changes of the store, forwarded requests. Made before the shards start; outlives their threads.
class Neighbourhood {
 public:
  /// `clock`: that of all nodes.
  Neighbourhood(net::Shards& shards, const Settings& settings, const redis::Config& redis,
                std::function<Time()> clock);

  engineio::NodeNumber number() const { return number_; }
  std::shared_ptr<engineio::Neighbours> forwarding() { return forwarding_; }
  socketio::AdapterWrapper adapter() { return cluster_.wrapper(); }
  chat::PresenceStore& presence() { return presence_; }
  std::shared_ptr<http::RateCounter> rate_counter() { return counter_; }
  api::Neighbours for_gateway();

  /// The store's feed hears of the other nodes' changes, and they of ours.
  void join(store::mongo::Feed& feed);
  /// What other nodes ask of the connections here. Both before the shards start.
  void serve(api::Gateway& gateway);

  /// Any thread. bad_request: Redis is there, and refuses writes, or what nodes hear or tell.
  Result<Done> health() const;
  void export_counts(ops::Metrics& metrics) const;

  /// Removes what Redis keeps of somebody whose devices leave. Any shard.
  Task<Result<Done>> forget(chat::UserId user);

  // While the shards run, on a thread that is none of theirs:

  /// No more requests are forwarded here, nor to others; those that are end, spread over `jitter`.
  void stop_forwarding(std::chrono::milliseconds jitter);
  /// Whoever is still connected here counts as gone, for all nodes. Waits for Redis, not for long.
  void leave();

 private:
  Result<Done> connected() const;

  net::Shard& home_;
  engineio::NodeNumber number_;
  bool has_room_channels_;
  redis::Client commands_, events_, changes_;
  redis::Subscriber event_listener_, change_listener_;
  cluster::Cluster cluster_;
  nodes::Directory directory_;
  nodes::Presence presence_;
  nodes::ChangeBus bus_;
  nodes::MissedEvents missed_events_;
  nodes::Permissions permissions_;
  nodes::ChangeBus::Handlers heard_;
  std::shared_ptr<http::RateCounter> counter_;
  std::shared_ptr<Forwarding> forwarding_;
};

/// Removes what Redis keeps of somebody, once their last device has left.
Task<Result<Done>> forget_presence(redis::Client& redis, chat::UserId user);

/// What has to be permitted to the nodes' account of Redis, as `nodes::try_commands` takes it.
std::vector<redis::Command> channels_heard(const Settings& settings);
std::vector<redis::Command> channels_told(const Settings& settings);

/// The Redis that the settings name; nullopt: none. bad_request says what is wrong with its URL.
Result<std::optional<redis::Config>> redis_config(const Settings& settings);

}  // namespace parley::app
