#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::nodes {

/// Who is connected to this node, with which devices: what Redis is told, and told again. Decides
/// only; one shard's.
class Attendance {
 public:
  /// Of users who left while Redis could not be told: more are forgotten, and go with the lease of
  /// the name that they were registered under.
  static constexpr std::size_t max_departed = 100'000;

  struct Entry {
    std::vector<std::string> devices;
    bool is_told = false;  ///< Redis has heard of this user from us.
  };
  struct Departure {
    chat::UserId user;
    Time at;
  };

  enum class Change { none, some, edge };
  /// edge: the user's first device here; none: it was here already.
  Change enter(chat::UserId user, std::string device);
  /// edge: the user's last device here; none: it was not here.
  Change leave(chat::UserId user, std::string_view device);

  /// nullptr: not here. Until the next call that changes something.
  const Entry* find(chat::UserId user) const;
  /// Redis has heard of the user, or must hear of all again.
  void set_told(chat::UserId user);

  /// Redis does not know that the user has left.
  void note_departure(chat::UserId user, Time at);
  void forget_departure(chat::UserId user) { departed_.erase(user); }
  std::optional<Time> departed_at(chat::UserId user) const;

  std::vector<chat::UserId> users() const;
  std::vector<Departure> departures() const;

 private:
  std::unordered_map<chat::UserId, Entry> here_;
  std::unordered_map<chat::UserId, Time> departed_;
};

}  // namespace parley::nodes
