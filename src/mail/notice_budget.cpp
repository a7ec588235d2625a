#include "mail/notice_budget.hpp"

namespace parley::mail {

bool NoticeBudget::take(const chat::UserId& sender, SteadyTime now) {
  if (config_.most == 0) return true;
  const std::lock_guard lock{mutex_};
  const bool is_full = taken_.size() >= config_.max_senders && !taken_.contains(sender);
  if (now >= window_end_ || is_full) {
    taken_.clear();
    window_end_ = now + config_.window;
  }
  std::size_t& taken = taken_[sender];
  if (taken >= config_.most) {
    ++refused_;
    return false;
  }
  ++taken;
  return true;
}

void NoticeBudget::give_back(const chat::UserId& sender) {
  const std::lock_guard lock{mutex_};
  const auto found = taken_.find(sender);
  if (found != taken_.end() && --found->second == 0) taken_.erase(found);
}

std::uint64_t NoticeBudget::refused() const {
  const std::lock_guard lock{mutex_};
  return refused_;
}

}  // namespace parley::mail
