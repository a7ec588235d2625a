#include "api/devices.hpp"

#include <algorithm>

#include "chat/ports/session_store.hpp"

namespace parley::api {

void Devices::add(const DevicePtr& device) {
  by_user_[device->user].push_back(device);
  ++size_;
  metrics_.devices.set(shard_.index(), static_cast<std::int64_t>(size_));
}

void Devices::remove(const DevicePtr& device) {
  const auto entry = by_user_.find(device->user);
  if (entry == by_user_.end()) return;
  Present& present = entry->second;
  const auto found = std::find(present.begin(), present.end(), device);
  if (found == present.end()) return;
  present.erase(found);
  --size_;
  if (present.empty()) by_user_.erase(entry);
  metrics_.devices.set(shard_.index(), static_cast<std::int64_t>(size_));
}

bool Devices::has_room(chat::UserId user) const {
  const auto entry = by_user_.find(user);
  return entry == by_user_.end() || entry->second.size() < max_of_user;
}

std::size_t Devices::calls_of(chat::UserId user) const {
  std::size_t calls = 0;
  const auto entry = by_user_.find(user);
  if (entry == by_user_.end()) return calls;
  for (const DevicePtr& device : entry->second) calls += device->calls;
  return calls;
}

std::vector<DeviceReport> Devices::report(chat::UserId user) const {
  std::vector<DeviceReport> reports;
  const auto found = by_user_.find(user);
  if (found == by_user_.end()) return reports;
  for (const DevicePtr& device : found->second)
    reports.push_back({device->came, device->phase == Device::Phase::live, device->confirms,
                       device->unconfirmed, device->held ? device->held->changes.size() : 0,
                       device->joined_at});
  return reports;
}

void Devices::emit(std::span<const chat::UserId> users, const socketio::EncodedEvent& event) {
  for (const chat::UserId& user : users)
    for_each(user, [&](const DevicePtr& device) { device->socket->emit(event); });
}

void Devices::close(chat::UserId user, const std::optional<chat::FamilyId>& family) {
  for_each(user, [&](const DevicePtr& device) {
    const chat::FamilyId theirs = device->family.value_or(chat::originals_of(user));
    if (!family || theirs == *family) device->socket->close_engine();
  });
}

}  // namespace parley::api
