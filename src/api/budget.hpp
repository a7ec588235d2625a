#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/lru.hpp"
#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::api {

/// How much each user may do: so much at once, and from then on as time goes. What is refused costs
/// nothing. Lives on one shard.
class Budget {
 public:
  /// `each`: until one more may be done; 0: no limit. `at_once`: at least 1.
  Budget(std::uint32_t at_once, std::chrono::nanoseconds each)
      : each_(each), ahead_((std::max(at_once, 1U) - 1) * each) {}

  /// False: the user has no more for now.
  bool spend(const chat::UserId& user, SteadyTime now) {
    if (each_ == each_.zero()) return true;
    SteadyTime* known = spent_until_.find(user);
    if (known == nullptr) {
      spent_until_.trim();
      known = &spent_until_.insert(user, now);
    }
    const SteadyTime spent_until = std::max(*known, now);
    if (spent_until - now > ahead_) return false;
    *known = spent_until + each_;
    return true;
  }

 private:
  /// Who is forgotten has had nothing for longer than these others have.
  static constexpr std::size_t most_users = 16'384;

  std::chrono::nanoseconds each_, ahead_;
  Lru<chat::UserId, SteadyTime> spent_until_{most_users};
};

}  // namespace parley::api
