#include "api/late_receipts.hpp"

#include <utility>

#include "api/event_names.hpp"
#include "api/wire.hpp"

namespace parley::api {

namespace {
constexpr std::size_t kept_receipts = 2;  ///< Room that a device keeps for the next ones.
}

void LateReceipts::add(const DevicePtr& device, const chat::MessageDelivered& receipt) {
  if (device->receipts.empty()) owing_.push_back(device);
  device->receipts.push_back(receipt);
  if (!timer_.is_running()) timer_.start(shard_.now() + patience_);
}

void LateReceipts::release_all() {
  for (const DevicePtr& device : std::exchange(owing_, {})) release(*device);
}

void LateReceipts::send(Device& device) {
  writer_.clear();
  for (const chat::MessageDelivered& receipt : device.receipts) {
    wire::append_message_delivered(writer_.begin(heads::message_delivered), receipt);
    writer_.end();
  }
  device.socket->emit(writer_.frames());
  device.receipts.clear();
  if (device.receipts.capacity() > kept_receipts) device.receipts.shrink_to_fit();
}

}  // namespace parley::api
