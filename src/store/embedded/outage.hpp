#pragma once

#include <optional>

#include "base/time.hpp"

namespace parley::store::embedded {

/// Decides what the log is told of writes that fail: once that they do, once that they work again.
/// Lives on the committer thread.
class Outage {
 public:
  enum class News { none, began, ended };
  /// It is over when nothing has failed for so long: on a disk that is nearly full the small writes
  /// work in between, and a line for each would fill it.
  static constexpr std::chrono::seconds calm{5};

  News on_write(bool ok, SteadyTime now) {
    if (!ok) {
      const bool is_new = !failed_at_;
      failed_at_ = now;
      return is_new ? News::began : News::none;
    }
    if (!failed_at_ || now < *failed_at_ + calm) return News::none;
    failed_at_.reset();
    return News::ended;
  }

 private:
  std::optional<SteadyTime> failed_at_;  ///< The last one of an outage that was told.
};

}  // namespace parley::store::embedded
