#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::chat {

struct Presence {
  UserId user;
  bool online = false;
  std::optional<Time> last_seen;  ///< When they were last online before now.

  friend bool operator==(const Presence&, const Presence&) = default;
};

/// Who is connected, with how many devices. Counts devices, so users with two phones go offline
/// once.
class PresenceStore {
 public:
  virtual ~PresenceStore() = default;

  /// True when this is the user's first device: they have just come online. `device` is unique.
  virtual Task<Result<bool>> arrive(UserId user, std::string device, Time now) = 0;
  /// True when it was the last one: they have just gone offline, and last_seen is `now`. Unknown
  /// device: false.
  virtual Task<Result<bool>> leave(UserId user, std::string device, Time now) = 0;
  /// One entry an id, in order, in one round trip. Users who do not exist are offline and never
  /// seen.
  virtual Task<Result<std::vector<Presence>>> status(std::vector<UserId> users) = 0;
  /// False while users may be online of whom `status` does not know: whoever acts on an absence
  /// waits. Any thread.
  virtual bool is_settled() const { return true; }
};

}  // namespace parley::chat
