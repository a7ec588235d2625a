#pragma once

#include "base/object_id.hpp"
#include "store/mongo/clock.hpp"
#include "store/mongo/feed.hpp"
#include "store/mongo/stats.hpp"
#include "store/mongo/store_config.hpp"

namespace parley::store::mongo {

/// What the writer and the readers of one node share.
struct Context {
  explicit Context(StoreConfig settings) : config(std::move(settings)) {}

  /// Versions above it may still be joined by smaller ones.
  chat::Version horizon() const { return VersionClock::floor_of(config.clock() - sync_margin); }
  /// Messages above it may be published again.
  chat::Version repeat_horizon() const {
    return VersionClock::floor_of(config.clock() - chat::repeats_for);
  }
  chat::Version next_version() { return clock.next(config.clock()); }

  const StoreConfig config;
  VersionClock clock;
  Feed feed;
  Stats stats;
  ObjectIdSource ids;
};

}  // namespace parley::store::mongo
