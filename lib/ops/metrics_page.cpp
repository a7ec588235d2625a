#include "ops/metrics_page.hpp"

namespace parley::ops {

std::shared_ptr<const std::string> MetricsPage::text(SteadyTime now) {
  const std::lock_guard lock{mutex_};
  if (now >= second_ends_) {
    second_ends_ = now + std::chrono::seconds{1};
    made_ = 0;
  }
  if (made_ < most_in_a_second) {
    ++made_;
    last_ = std::make_shared<const std::string>(metrics_.expose());
  }
  return last_;
}

}  // namespace parley::ops
