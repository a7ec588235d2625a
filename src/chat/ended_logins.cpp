#include "chat/ended_logins.hpp"

namespace parley::chat {

bool EndedLogins::add(const Ending& ending, Time until) {
  if (ending.family && families_.contains(*ending.family)) return false;
  while (!order_.empty() && (order_.front().until <= ending.at || order_.size() >= most_))
    forget_oldest();
  if (ending.family) {
    families_.insert(*ending.family);
  } else {
    users_[ending.user] = ending.at;
  }
  order_.push_back({ending, until});
  return true;
}

void EndedLogins::forget_oldest() {
  const Ending& oldest = order_.front().ending;
  if (oldest.family) {
    families_.erase(*oldest.family);
  } else if (const auto user = users_.find(oldest.user);
             user != users_.end() && user->second == oldest.at) {
    users_.erase(user);
  }
  order_.pop_front();
}

bool EndedLogins::include(const Claims& access) const {
  if (access.family && families_.contains(*access.family)) return true;
  const auto all = users_.find(access.user);
  if (all == users_.end()) return false;
  return access.issued_at < std::chrono::floor<std::chrono::seconds>(all->second);
}

}  // namespace parley::chat
