#include "api/late_receipts.hpp"

#include <utility>

namespace parley::api {

void LateReceipts::add(const DevicePtr& device, const socketio::EncodedEvent& receipt) {
  if (device->receipts.empty()) owing_.push_back(device);
  device->receipts.push_back(receipt);
  if (!timer_.is_running()) timer_.start(shard_.now() + patience);
}

void LateReceipts::release_all() {
  for (const DevicePtr& device : std::exchange(owing_, {})) release(*device);
}

void LateReceipts::send(Device& device) {
  for (const socketio::EncodedEvent& receipt : std::exchange(device.receipts, {}))
    device.socket->emit(receipt);
}

}  // namespace parley::api
