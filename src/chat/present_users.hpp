#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chat/ids.hpp"

namespace parley::chat {

/// Who is present, with which devices: a user comes with the first one and goes with the last.
/// Decides only; one thread's, or locked by its owner.
class PresentUsers {
 public:
  using Devices = std::vector<std::string>;  ///< Mostly one.

  enum class Change { none, some, edge };
  /// edge: the user's first device; none: it was here already.
  Change enter(UserId user, std::string device);
  /// edge: the user's last device; none: it was not here.
  Change leave(UserId user, std::string_view device);

  bool has(const UserId& user) const { return devices_.contains(user); }
  /// nullptr: not here. Until the next call that changes something.
  const Devices* find(const UserId& user) const;
  std::vector<UserId> all() const;

 private:
  std::unordered_map<UserId, Devices> devices_;
};

}  // namespace parley::chat
