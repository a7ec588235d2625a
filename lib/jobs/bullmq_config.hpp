#pragma once

#include <string>

#include "base/result.hpp"

namespace parley::jobs {

/// Which queue, and how it is laid out in Redis.
struct BullmqConfig {
  /// Where jobs are kept that are added while the queue is paused.
  enum class Layout {
    automatic,  ///< As the version that the queue names wants it.
    bullmq_5,   ///< A list of their own: safe with both, but 6.x does not count them while paused.
    bullmq_6,   ///< With those that wait. No program with bullmq 5 may pause or resume the queue.
  };

  std::string name;             ///< `email-queue`; no `:`.
  std::string prefix = "bull";  ///< For Redis Cluster `{bull}`.
  Layout layout = Layout::automatic;

  /// What all keys begin with: `bull:email-queue:`.
  std::string key_prefix() const { return prefix + ":" + name + ":"; }
};

/// bad_request: a name or prefix that Node would refuse.
Result<Done> check(const BullmqConfig& config);

/// What a worker's blocking connection is called, `bull:<base64 of the queue's name>` and, with a
/// worker's name, `:w:<name>`: others find the workers of a queue by that.
std::string connection_name(const BullmqConfig& config, const std::string& worker);

}  // namespace parley::jobs
