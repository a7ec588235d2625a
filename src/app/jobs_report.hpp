#pragma once

#include <functional>
#include <iostream>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "settings/cli.hpp"

namespace parley::app {

/// Puts a question to whoever has the jobs (JobsDesk) or the users (UserDesk).
using Ask = std::function<Result<json::object>(json::object question)>;

/// Where a command speaks.
struct Terminal {
  std::ostream& out;
  std::ostream& err;
  /// Asks a person; false also when nobody is there to answer.
  std::function<bool(const std::string& question)> confirm;
  std::istream& in = std::cin;
};

/// `parley jobs`: asks, and tells people or, with `json`, programs what came back. Exit code.
int report_jobs(const JobsRequest& request, const Ask& ask, const Terminal& terminal);

}  // namespace parley::app
