#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/time.hpp"
#include "ops/metrics.hpp"

namespace parley::ops {

/// The text of Metrics for whoever asks, however often: making it takes milliseconds. Any thread.
class MetricsPage {
 public:
  /// Texts that are made in a second; who asks more often gets the last one again.
  static constexpr unsigned most_in_a_second = 10;

  /// `metrics` outlives it.
  explicit MetricsPage(const Metrics& metrics) : metrics_(metrics) {}

  std::shared_ptr<const std::string> text(SteadyTime now);

 private:
  const Metrics& metrics_;
  std::mutex mutex_;
  std::shared_ptr<const std::string> last_;
  SteadyTime second_ends_{};
  unsigned made_ = 0;  ///< In this second.
};

}  // namespace parley::ops
