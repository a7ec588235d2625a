#include "nodes/failure_detector.hpp"

#include <algorithm>
#include <utility>

namespace parley::nodes {

std::vector<FailureDetector::Watched>::iterator FailureDetector::find(std::string_view name) {
  return std::find_if(watched_.begin(), watched_.end(),
                      [name](const Watched& one) { return one.name == name; });
}

void FailureDetector::choose(std::vector<std::string> living, std::string_view own) {
  std::erase(living, own);
  std::sort(living.begin(), living.end());
  const auto next = std::upper_bound(living.begin(), living.end(), own);
  std::rotate(living.begin(), next, living.end());
  living.resize(std::min(living.size(), max_watched));
  std::vector<Watched> chosen;
  for (std::string& name : living) {
    const auto known = find(name);
    chosen.push_back(known != watched_.end() ? *known : Watched{std::move(name), false, 0});
  }
  watched_ = std::move(chosen);
}

std::vector<std::string> FailureDetector::watched() const {
  std::vector<std::string> names;
  for (const Watched& one : watched_) names.push_back(one.name);
  return names;
}

bool FailureDetector::observe(std::string_view name, std::int64_t signs) {
  const auto known = find(name);
  if (known == watched_.end()) return false;
  known->was_seen = known->was_seen || signs > 0;
  known->missed = signs > 0 ? 0 : known->missed + 1;
  if (!known->was_seen || known->missed < looks) return false;
  watched_.erase(known);
  return true;
}

}  // namespace parley::nodes
