#pragma once

#include "base/object_id.hpp"
#include "store/mongo/clock.hpp"
#include "store/mongo/feed.hpp"
#include "store/mongo/server_clock.hpp"
#include "store/mongo/stats.hpp"
#include "store/mongo/store_config.hpp"

namespace parley::store::mongo {

/// What the writer and the readers of one node share.
struct Context {
  Context(StoreConfig settings, const ServerClock& its_server)
      : config(std::move(settings)), server(its_server) {}

  /// That of all nodes.
  Time now() const { return config.clock ? config.clock() : server.at(SteadyTime::clock::now()); }
  /// Versions above it may still be joined by smaller ones.
  chat::Version horizon() const {
    const Time past = config.clock ? now() : server.reached_by_all(SteadyTime::clock::now());
    return VersionClock::floor_of(past - sync_margin);
  }
  /// Messages above it may be published again.
  chat::Version repeat_horizon() const { return VersionClock::floor_of(now() - chat::repeats_for); }
  chat::Version next_version() { return clock.next(now()); }

  const StoreConfig config;
  const ServerClock& server;
  VersionClock clock;
  Feed feed;
  Stats stats;
  ObjectIdSource ids;
};

}  // namespace parley::store::mongo
