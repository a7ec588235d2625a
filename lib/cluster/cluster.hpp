#pragma once

#include <vector>

#include "cluster/config.hpp"
#include "cluster/counts.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"
#include "socketio/config.hpp"

namespace parley::cluster {

/// What a server of these settings says to Redis about channels, so that one can try whether the
/// account may: those that it listens to, and those that it tells, with nothing said.
struct ChannelCommands {
  std::vector<redis::Command> heard, told;
};
ChannelCommands channel_commands(const Config& config);

/// Joins the namespaces of this process's Socket.IO server with those of other servers, ours or
/// upstream's, on one Redis. Outlives the server; client and subscriber outlive both.
///
/// Broadcasts are encoded and given to Redis on the shard that calls, behind the delivery to this
/// process's own sockets. What comes from other servers is decoded on the home shard, which is the
/// client's and the subscriber's, and handed inwards there. While Redis is away everything works
/// within the process, and what asks for answers says that it has not reached everybody.
///
/// ```cpp
/// redis::Client client{shards[0], redis, "cluster"};
/// redis::Subscriber subscriber{shards[0], redis, "cluster"};
/// cluster::Cluster cluster{shards[0], client, subscriber, {}};
/// socketio::Config config;
/// config.adapter = cluster.wrapper();
/// socketio::Server io{shards, config};
/// ```
class Cluster {
 public:
  Cluster(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber, Config config);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// For socketio::Config::adapter, of one server.
  socketio::AdapterWrapper wrapper();
  /// Any thread.
  Counts counts() const { return counters_.read(); }

 private:
  net::Shard& home_;
  redis::Client& client_;
  redis::Subscriber& subscriber_;
  const Config config_;
  Counters counters_;
};

}  // namespace parley::cluster
