#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "api/device.hpp"
#include "api/gateway_metrics.hpp"
#include "net/shard.hpp"
#include "socketio/event.hpp"

namespace parley::api {

/// The connected devices of one shard, by user. Lives on that shard; another one reaches it by
/// `shard().post`.
class Devices {
 public:
  /// Connections of one user here: whatever is sent to a user goes to each of them, and what one
  /// connection sends would be multiplied without end.
  static constexpr std::size_t max_of_user = 100;

  Devices(net::Shard& shard, GatewayMetrics& metrics) : shard_(shard), metrics_(metrics) {}

  net::Shard& shard() { return shard_; }

  void add(const DevicePtr& device);
  void remove(const DevicePtr& device);
  bool has(chat::UserId user) const { return by_user_.contains(user); }
  /// Whether the user may have one more device here.
  bool has_room(chat::UserId user) const;
  /// Calls of all their devices here that are under way.
  std::size_t calls_of(chat::UserId user) const;
  std::vector<DeviceReport> report(chat::UserId user) const;

  /// Calls for each device that the user has here. They may go away meanwhile.
  template <class Call>
  void for_each(const chat::UserId& user, Call call);
  /// The same of all users; none may come or go meanwhile.
  template <class Call>
  void for_all(Call call);

  /// An event for whichever devices of these users are here.
  void emit(std::span<const chat::UserId> users, const socketio::EncodedEvent& event);
  /// Ends the connections that were opened with a token of this login; nullopt: of any login of the
  /// user.
  void close(chat::UserId user, const std::optional<chat::FamilyId>& family);

 private:
  /// A user's devices, mostly one.
  using Present = boost::container::small_vector<DevicePtr, 1>;

  net::Shard& shard_;
  GatewayMetrics& metrics_;
  std::unordered_map<chat::UserId, Present> by_user_;
  std::size_t size_ = 0;
};

template <class Call>
void Devices::for_each(const chat::UserId& user, Call call) {
  const auto entry = by_user_.find(user);
  if (entry == by_user_.end()) return;
  if (entry->second.size() == 1) {  // as mostly: a copy of the list costs more
    const DevicePtr only = entry->second.front();
    return call(only);
  }
  const Present present = entry->second;
  for (const DevicePtr& device : present) call(device);
}

template <class Call>
void Devices::for_all(Call call) {
  for (const auto& [user, devices] : by_user_) {
    for (const DevicePtr& device : devices) call(device);
  }
}

}  // namespace parley::api
