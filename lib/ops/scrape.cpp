#include "ops/scrape.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>

namespace parley::ops {

namespace {

/// Nothing that is counted or measured is infinite.
std::optional<double> number(std::string_view text) {
  const std::string copy{text};
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// The value of the label `le`.
std::optional<double> bound_of(std::string_view series) {
  constexpr std::string_view label = "le=\"";
  const auto begin = series.find(label);
  if (begin == std::string_view::npos) return std::nullopt;
  const auto from = begin + label.size();
  const auto bound = series.substr(from, series.find('"', from) - from);
  if (bound == "+Inf") return std::numeric_limits<double>::infinity();
  return number(bound);
}

bool is_of(std::string_view series, std::string_view family) {
  return series.starts_with(family) &&
         (series.size() == family.size() || series[family.size()] == '{');
}

}  // namespace

Scrape::Scrape(std::string_view text, SteadyTime at) : at_(at) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const auto space = line.rfind(' ');
    if (line.empty() || line.front() == '#' || space == std::string_view::npos) continue;
    if (const auto value = number(line.substr(space + 1)))
      series_.emplace(line.substr(0, space), *value);
  }
}

double Scrape::sum(std::string_view family) const {
  double sum = 0;
  for (auto one = series_.lower_bound(family);
       one != series_.end() && one->first.starts_with(family); ++one) {
    if (is_of(one->first, family)) sum += one->second;
  }
  return sum;
}

double Scrape::value(const std::string& series) const {
  const auto found = series_.find(series);
  return found == series_.end() ? 0 : found->second;
}

std::map<double, double> Scrape::buckets(std::string_view family) const {
  const std::string name = std::string{family} + "_bucket";
  std::map<double, double> counts;
  for (auto one = series_.lower_bound(name); one != series_.end() && one->first.starts_with(name);
       ++one) {
    if (const auto bound = bound_of(one->first)) counts[*bound] += one->second;
  }
  return counts;
}

std::optional<double> quantile(const Scrape& before, const Scrape& after, std::string_view family,
                               double part) {
  std::map<double, double> counts = after.buckets(family);
  for (const auto& [bound, count] : before.buckets(family)) counts[bound] -= count;
  if (counts.empty() || counts.rbegin()->second <= 0) return std::nullopt;
  const double wanted = part * counts.rbegin()->second;
  double lower = 0, below = 0;
  for (const auto& [bound, count] : counts) {
    if (count >= wanted) {
      if (std::isinf(bound) || count <= below) return lower;
      const double inside = lower + (bound - lower) * (wanted - below) / (count - below);
      return std::isfinite(inside) ? std::optional{inside} : std::nullopt;
    }
    lower = bound;
    below = count;
  }
  return lower;
}

}  // namespace parley::ops
