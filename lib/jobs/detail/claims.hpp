#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "jobs/lifecycle.hpp"

namespace parley::jobs::detail {

/// Who owns which deduplication id.
class Claims {
 public:
  /// nullptr: nobody.
  const Owner* find(const std::string& id) const;
  void set(const std::string& id, Owner owner);
  /// False when nobody owned it.
  bool erase(const std::string& id);
  /// Forgets up to `limit` that have run out; gives their ids.
  std::vector<std::string> expire(Time now, std::size_t limit);
  /// Up to `limit` of all.
  std::vector<std::string> some(std::size_t limit) const;
  std::size_t size() const { return owners_.size(); }

 private:
  std::map<std::string, Owner> owners_;
  std::set<std::pair<Time, std::string>> ends_;
};

}  // namespace parley::jobs::detail
