#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace parley::ops {

/// Whether the program can take work: what `/readyz` answers. Checks are added while starting up.
class Health {
 public:
  /// Cheap and without waiting; any thread. An error's `detail` is shown.
  using Check = std::function<Result<Done>()>;

  /// What a failed check means.
  enum class Weight {
    required,  ///< No work can be taken.
    helpful,   ///< Work is taken, and something is missing: degraded.
  };

  struct Outcome {
    std::string name;
    bool ok = false;
    std::string detail;  ///< Empty when ok.
    Weight weight = Weight::required;
  };

  struct Report {
    bool ready = true;      ///< Every required check is ok.
    bool degraded = false;  ///< Some check failed, and it is ready all the same.
    std::vector<Outcome> checks;

    /// `{"ready":true,"checks":[{"name":"store","ok":true}]}`; `detail` only where a check failed,
    /// `"degraded":true` only when it is.
    std::string json() const;
  };

  void add(std::string name, Check check, Weight weight = Weight::required);

  /// Not ready from now on, as `shutdown: draining`. Any thread.
  void start_draining();

  /// Runs every check. Any thread. A check that throws has failed.
  Report report() const;

 private:
  struct Named {
    std::string name;
    Check check;
    Weight weight;
  };
  mutable std::mutex mutex_;  ///< Scrapes are rare; no shard's hot path comes here.
  std::vector<Named> checks_;
  bool draining_ = false;
};

}  // namespace parley::ops
