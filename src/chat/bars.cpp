#include "chat/bars.hpp"

#include <algorithm>
#include <iterator>

namespace parley::chat {

bool Bars::has(UserId user) const {
  if (!any_.load(std::memory_order_acquire)) return false;
  const std::lock_guard lock{mutex_};
  return std::binary_search(users_.begin(), users_.end(), user);
}

bool Bars::has_ended(const Claims& access) const {
  if (!any_ended_.load(std::memory_order_acquire)) return false;
  const std::lock_guard lock{mutex_};
  return ended_.include(access);
}

bool Bars::end(const Ending& ending, Time until) {
  const std::lock_guard lock{mutex_};
  const bool is_new = ended_.add(ending, until);
  any_ended_.store(true, std::memory_order_release);
  return is_new;
}

std::vector<UserId> Bars::replace(std::vector<UserId> users) {
  std::sort(users.begin(), users.end());
  const std::lock_guard lock{mutex_};
  std::vector<UserId> added;
  std::set_difference(users.begin(), users.end(), users_.begin(), users_.end(),
                      std::back_inserter(added));
  users_ = std::move(users);
  any_.store(!users_.empty(), std::memory_order_release);
  return added;
}

}  // namespace parley::chat
