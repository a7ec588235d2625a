#pragma once

#include <csignal>
#include <functional>
#include <memory>

#include "app/stores.hpp"
#include "base/result.hpp"
#include "http/server.hpp"
#include "settings/settings.hpp"

namespace parley::app {

// What `parley serve` and `parley worker` do alike.

/// SIGTERM, SIGINT and SIGHUP, blocked for all threads from here on: the main thread waits for
/// them. SIGHUP has two meanings: the terminal that the program runs in is closed, which ends it;
/// or somebody asks a daemon to read its files again (`systemctl reload`, logrotate, kill -HUP).
class AwaitedSignals {
 public:
  /// Before any other thread is made.
  AwaitedSignals();
  struct Running {
    std::function<bool()> is_ready;    ///< As /readyz answers. Asked until it is.
    std::function<void()> read_again;  ///< Called at each SIGHUP that asks for it.
  };
  /// Waits for one that ends the program, and logs it. From then on a second SIGTERM or SIGINT ends
  /// it the usual way. Tells systemd, where it is there, when the program is ready, and that it
  /// stops.
  void wait(const Running& program) const;

 private:
  /// The next one; 0: none until it was time to look whether the program is `ready`.
  int next(const Running& program, bool ready) const;
  bool is_farewell(const siginfo_t& hangup) const;

  sigset_t signals_;
  bool is_of_terminal_ = false;  ///< Ends with the terminal that it was started in.
};

/// What ends a coroutine, or a call on a shard, by an exception is logged from here on.
void log_escapes();

/// What the settings say of HTTP in general, on `port` of their host.
http::Config http_config(const Settings& settings, std::uint16_t port);

/// MongoDB's when the settings name one, else those in DATA_DIR.
Result<std::unique_ptr<Stores>> open_stores(const Settings& settings);

}  // namespace parley::app
