#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "app/jobs_report.hpp"
#include "settings/settings.hpp"
#include "store/embedded/database.hpp"

namespace parley::app {

/// Asks the server of the data directory, and where none runs what `open` gives.
class LocalAsk {
 public:
  using Open = std::function<Result<Ask>()>;
  LocalAsk(const Settings& settings, Open open);

  Result<json::object> operator()(json::object question);

 private:
  std::filesystem::path socket_;
  Open open_;
  Ask opened_;
};

/// The embedded store of a directory that no server uses.
Result<std::unique_ptr<store::embedded::Database>> open_stopped(const Settings& settings);

/// Standard input and output, and a person to be asked if there is one.
const Terminal& terminal();

/// Says why a command did nothing.
int refused(const Error& error, ExitCode code = exit_failed);

}  // namespace parley::app
