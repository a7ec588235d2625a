#pragma once

#include <memory>
#include <vector>

#include "net/detail/tls_shard.hpp"

namespace parley::net {

/// Shared by the listener and everything that it accepted, as Origin is.
struct Tls::State {
  TlsConfig config;
  std::vector<std::unique_ptr<detail::TlsShard>> shards;  ///< By ShardIndex.
};

}  // namespace parley::net
