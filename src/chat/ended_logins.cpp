#include "chat/ended_logins.hpp"

#include <algorithm>

namespace parley::chat {

namespace {

template <class Key>
Time time_in(const std::map<Key, Time>& times, const Key& key) {
  const auto found = times.find(key);
  return found == times.end() ? Time{} : found->second;
}

/// Unless it has another time by now.
template <class Key>
void forget(std::map<Key, Time>& times, const Key& key, Time at) {
  const auto found = times.find(key);
  if (found != times.end() && found->second == at) times.erase(found);
}

}  // namespace

bool EndedLogins::add(const Ending& ending, Time until) {
  if (knows(ending)) return false;
  while (!order_.empty() && (order_.front().until <= ending.at || order_.size() >= most_))
    forget_oldest();
  if (ending.family) {
    families_[*ending.family] = ending.at;
  } else {
    users_[ending.user] = ending.at;
  }
  order_.push_back({ending, until});
  return true;
}

bool EndedLogins::knows(const Ending& ending) const {
  if (!ending.family) return false;
  if (*ending.family == originals_of(ending.user)) return ending.at <= originals_ended(ending.user);
  return families_.contains(*ending.family);
}

Time EndedLogins::originals_ended(UserId user) const {
  return std::max(time_in(users_, user), time_in(families_, originals_of(user)));
}

void EndedLogins::forget_oldest() {
  const Ending& oldest = order_.front().ending;
  if (oldest.family) {
    forget(families_, *oldest.family, oldest.at);
  } else {
    forget(users_, oldest.user, oldest.at);
  }
  order_.pop_front();
}

bool EndedLogins::include(const Claims& access) const {
  if (access.family && families_.contains(*access.family)) return true;
  const Time ended = access.family ? time_in(users_, access.user) : originals_ended(access.user);
  return is_from_before(access.issued_at, ended);
}

}  // namespace parley::chat
