#pragma once

#include <csignal>
#include <memory>

#include "app/stores.hpp"
#include "base/result.hpp"
#include "settings/settings.hpp"

namespace parley::app {

// What `parley serve` and `parley worker` do alike.

/// SIGTERM and SIGINT, blocked for all threads from here on: the main thread waits for them.
class EndingSignals {
 public:
  /// Before any other thread is made.
  EndingSignals();
  /// Waits for one, and logs it. From then on a second one ends the program the usual way.
  void wait() const;

 private:
  sigset_t signals_;
};

/// MongoDB's when the settings name one, else those in DATA_DIR.
Result<std::unique_ptr<Stores>> open_stores(const Settings& settings);

}  // namespace parley::app
