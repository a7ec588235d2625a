#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "http/relay.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"

namespace parley::nodes {

/// Where the nodes of an installation are reached by one another: the Redis key
/// `parley:address:<number>`, kept up while the node lives. Outlives the shards' threads.
class Directory {
 public:
  /// `address` is `host:port`; empty: this node only looks others up. The entry is renewed thrice a
  /// `lease`, from when the shards run. `home` is the client's.
  Directory(net::Shard& home, redis::Client& client, std::uint32_t number, std::string address,
            std::chrono::milliseconds lease);

  /// not_found: no such node, or it does not say where it is. Else the client's errors. Any shard.
  Task<Result<http::Upstream>> find(std::uint32_t number);
  /// Takes the entry back. On the home shard.
  void close();

 private:
  Task<void> renew();

  redis::Client& client_;
  std::string key_, address_;
  std::chrono::milliseconds lease_;
  bool is_closed_ = false;
};

/// `host:port`, the host of an IPv6 address in brackets. corrupt when it is anything else.
Result<http::Upstream> parse_address(std::string_view text);

}  // namespace parley::nodes
