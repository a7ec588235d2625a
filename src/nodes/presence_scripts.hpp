#pragma once

#include "redis/client.hpp"

namespace parley::nodes {

/// What presence does in Redis, each in one atomic step. Keys, arguments and replies: see
/// docs/formats/redis.md, "Presence". None of them takes KEYS: they belong to one server, not to a
/// Redis Cluster.
struct PresenceScripts {
  redis::Script join;     ///< A node's name begins its lease.
  redis::Script renew;    ///< The lease goes on; names those whose lease is over.
  redis::Script arrive;   ///< A device comes.
  redis::Script leave;    ///< A device goes.
  redis::Script restore;  ///< Users as this node knows them, in place of what its old names left.
  redis::Script depart;   ///< Users who left while Redis could not be told.
  redis::Script status;   ///< How users stand.
  redis::Script status_elsewhere;  ///< How users stand without the devices under some names.
  redis::Script end;               ///< A lease is over now.
  redis::Script reap;              ///< Takes some users of a dead name out.
};

const PresenceScripts& presence_scripts();

}  // namespace parley::nodes
