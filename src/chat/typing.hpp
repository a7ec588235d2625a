#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::chat {

/// Who is typing to whom, as one shard knows it. Decides only: the caller passes every `typing` and
/// `stop_typing` on, waits until `next_deadline`, and announces the Stopped ones that come out
/// here.
class Typing {
 public:
  struct Settings {
    std::chrono::milliseconds silence{6'000};  ///< Without a further `typing`, it stops by itself.
    /// Of one sender at once; one more ends the one that was silent longest.
    std::size_t max_receivers = 8;
  };
  struct Stopped {
    UserId sender;
    UserId receiver;
    friend bool operator==(const Stopped&, const Stopped&) = default;
  };

  explicit Typing(Settings settings) : settings_(settings) {}

  /// Starts, or goes on. Gives the one that had to make room, if any.
  std::optional<Stopped> typing(UserId sender, UserId receiver, SteadyTime now);
  /// The sender said so, or sent the message. True when they were typing.
  bool stop(UserId sender, UserId receiver);
  /// The sender's last device on this shard is gone.
  std::vector<Stopped> forget(UserId sender);
  /// All that have been silent for too long.
  std::vector<Stopped> expire(SteadyTime now);

  /// When `expire` has something next; SteadyTime::max() when nobody types.
  SteadyTime next_deadline() const;
  std::size_t size() const { return by_pair_.size(); }

 private:
  using Pair = std::pair<UserId, UserId>;  ///< Sender, receiver.
  struct Entry {
    Pair pair;
    SteadyTime deadline;
  };
  using Entries = std::list<Entry>;
  using Index = std::map<Pair, Entries::iterator>;

  Stopped erase(Index::iterator entry);
  Index::iterator first_of(UserId sender);
  std::optional<Stopped> make_room(UserId sender);

  Settings settings_;
  /// Earliest first: the silence is the same for all, so a renewal goes to the end.
  Entries by_deadline_;
  Index by_pair_;
};

}  // namespace parley::chat
