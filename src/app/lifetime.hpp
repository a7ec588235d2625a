#pragma once

#include <csignal>
#include <functional>
#include <memory>

#include "app/stores.hpp"
#include "base/result.hpp"
#include "settings/settings.hpp"

namespace parley::app {

// What `parley serve` and `parley worker` do alike.

/// What SIGHUP does: end the program at once, as it does to those that do not ask, or call
/// somebody.
enum class Hangup { ends, calls };

/// SIGTERM and SIGINT, blocked for all threads from here on: the main thread waits for them.
class EndingSignals {
 public:
  /// Before any other thread is made.
  explicit EndingSignals(Hangup hangup = Hangup::ends);
  /// Waits for one, and logs it. From then on a second one ends the program the usual way. Calls
  /// `on_hangup` at each SIGHUP until then, if they are asked for.
  void wait(const std::function<void()>& on_hangup = {}) const;

 private:
  sigset_t signals_;
};

/// MongoDB's when the settings name one, else those in DATA_DIR.
Result<std::unique_ptr<Stores>> open_stores(const Settings& settings);

}  // namespace parley::app
