#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "net/shard.hpp"

namespace parley::app {

/// How `parley backup` and its like reach a running server: a Unix socket in the data directory,
/// mode 0600, so whoever may read the data may use it. One JSON object with `command` on a line,
/// one JSON object back: `{"ok":true,…}` or `{"ok":false,"message":…}`.
class Control {
 public:
  using Command = std::function<Task<Result<json::object>>(json::object arguments)>;

  /// Listens at once, answers when the shard runs; throws std::system_error. Replaces a socket that
  /// a killed server left behind: the caller holds the store's lock. Who does not ask within
  /// `patience`, or takes nothing of an answer for so long, is cut off.
  Control(net::Shard& shard, const std::filesystem::path& socket,
          std::map<std::string, Command> commands,
          std::chrono::milliseconds patience = std::chrono::seconds{5});
  ~Control();

  /// For the coroutines behind it.
  struct State;

 private:
  std::shared_ptr<State> state_;
};

/// Where the socket of a data directory is.
std::filesystem::path control_socket(const std::filesystem::path& data_dir);

/// Asks the server behind `socket` and waits for its answer, as long as it shows that it lives.
/// not_found when no server listens there; unavailable when it cannot be reached or does not
/// answer; else the server's own error.
Result<json::object> ask(const std::filesystem::path& socket, const json::object& question);

}  // namespace parley::app
