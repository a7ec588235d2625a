#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "api/device.hpp"
#include "net/shard.hpp"
#include "net/timer.hpp"

namespace parley::api {

/// Under load, what a sender is told of delivery waits a little for the next event to the same
/// device, which it leaves with: a system call costs more than the receipt. Lives on one shard.
class LateReceipts {
 public:
  /// A receipt waits no longer than that, or, where messages themselves take long, twice as long as
  /// they do: whoever sends one after the other gets their next event by then.
  static constexpr std::chrono::milliseconds patience{10}, most_patience{100};

  explicit LateReceipts(net::Shard& shard)
      : shard_(shard),
        timer_(net::Timer::calling<&LateReceipts::release_all>(shard.timers(), *this)) {}

  /// A message has taken so long from its sender to the disk.
  void observe(std::chrono::milliseconds taken) {
    patience_ = std::clamp(2 * taken, patience, most_patience);
  }
  std::chrono::milliseconds longest_wait() const { return patience_; }
  void add(const DevicePtr& device, const chat::MessageDelivered& receipt);
  /// Before the device is sent anything that its receipts must not follow.
  void release(Device& device) {
    if (!device.receipts.empty()) send(device);
  }

 private:
  void release_all();
  void send(Device& device);

  net::Shard& shard_;
  net::Timer timer_;
  std::chrono::milliseconds patience_ = patience;
  socketio::EventWriter writer_;
  std::vector<DevicePtr> owing_;  ///< Devices that had receipts waiting since the timer fired.
};

}  // namespace parley::api
