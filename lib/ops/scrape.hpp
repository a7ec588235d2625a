#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace parley::ops {

/// What /metrics said at one moment. Source: Prometheus' text format, version 0.0.4.
class Scrape {
 public:
  /// Lines that do not read are passed over.
  Scrape(std::string_view text, SteadyTime at);

  SteadyTime at() const { return at_; }
  /// The sum over all series of a family; 0 when there is none.
  double sum(std::string_view family) const;
  /// Of one series, as it is written: `parley_sessions{transport="polling"}`.
  double value(const std::string& series) const;
  /// Counts of a histogram's buckets by upper bound, added up over its series.
  std::map<double, double> buckets(std::string_view family) const;

 private:
  SteadyTime at_;
  std::map<std::string, double, std::less<>> series_;
};

/// The bound below which that part (0 to 1) of what was observed between two scrapes is, as
/// histogram_quantile of Prometheus has it; nullopt: nothing was.
std::optional<double> quantile(const Scrape& before, const Scrape& after, std::string_view family,
                               double part);

}  // namespace parley::ops
