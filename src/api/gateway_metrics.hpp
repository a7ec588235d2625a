#pragma once

#include <array>

#include "base/errc.hpp"
#include "ops/metrics.hpp"

namespace parley::api {

/// What the socket side counts; made once, added to by every shard under its own index.
class GatewayMetrics {
 public:
  explicit GatewayMetrics(ops::Metrics& metrics);

  ops::Gauge& devices;
  ops::Counter& messages_sent;
  ops::Counter& messages_delivered;  ///< Written to, or confirmed by, a device of the receiver.
  ops::Counter& messages_read;
  ops::Histogram& send_seconds;  ///< From the event's arrival to its durable acknowledgement.
  /// From the message's time to its hand-over to a device's connection.
  ops::Histogram& delivery_seconds;

  ops::Counter& rejected(Errc code) { return *rejected_[static_cast<std::size_t>(code)]; }

 private:
  std::array<ops::Counter*, static_cast<std::size_t>(Errc::internal) + 1> rejected_{};
};

}  // namespace parley::api
