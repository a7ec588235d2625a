#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/time.hpp"
#include "chat/ids.hpp"
#include "chat/present_users.hpp"

namespace parley::nodes {

/// Who is connected to this node, with which devices: what Redis is told, and told again. Decides
/// only; one shard's.
class Attendance {
 public:
  /// Of users who left while Redis could not be told: more are forgotten, and go with the lease of
  /// the name that they were registered under.
  static constexpr std::size_t max_departed = 100'000;

  struct Departure {
    chat::UserId user;
    Time at;
  };

  using Change = chat::PresentUsers::Change;
  Change enter(chat::UserId user, std::string device);
  Change leave(chat::UserId user, std::string_view device);
  const chat::PresentUsers& here() const { return here_; }

  /// Redis has heard from us that the user is here.
  void set_told(chat::UserId user) { untold_.erase(user); }
  bool is_told(chat::UserId user) const { return here_.has(user) && !untold_.contains(user); }

  /// Redis does not know that the user has left.
  void note_departure(chat::UserId user, Time at);
  void forget_departure(chat::UserId user) { departed_.erase(user); }
  std::optional<Time> departed_at(chat::UserId user) const;

  std::vector<Departure> departures() const;

 private:
  chat::PresentUsers here_;
  std::unordered_set<chat::UserId> untold_;  ///< Of those here; mostly none.
  std::unordered_map<chat::UserId, Time> departed_;
};

}  // namespace parley::nodes
