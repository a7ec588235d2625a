#pragma once

#include <chrono>
#include <functional>
#include <limits>

#include "base/task.hpp"
#include "chat/change.hpp"

namespace parley::chat {

/// What Feed::subscribe gives, and batches carry, where what is read from the store and what is
/// published may overlap: there is no version that parts them.
inline constexpr Version no_cut = std::numeric_limits<Version>::max();

/// A message that is older is not published again, but where nobody has it yet.
inline constexpr std::chrono::minutes repeats_for{4};

/// Every durable change, to every subscriber. Where one process writes, in version order; where
/// several nodes do, a conversation's messages come in the order of seq, each once, and receipts
/// move forward, but a version may be below the one before.
class Feed {
 public:
  virtual ~Feed() = default;

  using Subscriber = std::function<void(const ChangeBatchPtr&)>;
  /// `subscriber` runs on `executor` for every commit that follows this call; gives the version up
  /// to which it will see nothing. For the program's whole life: call before the server opens.
  /// With several nodes it is no_cut, as in all batches.
  virtual Version subscribe(Executor executor, Subscriber subscriber) = 0;

  /// Returns when changes that concern `user` come here whichever node makes them, until `unfollow`
  /// was called as often as this. Never long: what is missed while the nodes cannot hear each other
  /// is told by `on_gap`. Any shard, and back there.
  virtual Task<void> follow(UserId user);
  virtual void unfollow(UserId user);
  /// Below all versions that any node gives from `time` on, which is of the clock that they share;
  /// no_cut where versions are of no time.
  virtual Version version_before(Time time) const;
  /// `listener` runs on `executor` when changes of other nodes may have been missed, and come
  /// again from now on: none up to version `since` was. Call before the server opens.
  using GapListener = std::function<void(Version since)>;
  virtual void on_gap(Executor executor, GapListener listener);
};

}  // namespace parley::chat
