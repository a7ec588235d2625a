#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "load/histogram.hpp"
#include "load/process.hpp"

namespace parley::load {

/// One second of a run.
struct Point {
  double second = 0;  ///< Since the measured time began.
  double rate = 0;    ///< Answers a second.
  double p50 = 0;     ///< Milliseconds, as p99.
  double p99 = 0;
  double cpu = 0;       ///< Of the server, in cores; 0 when its process is not looked at.
  double resident = 0;  ///< MiB, likewise.
};

/// What the server's process used.
struct ServerUse {
  ProcessUse before;  ///< Before the first connection.
  ProcessUse begin;   ///< When the measured time began.
  ProcessUse end;

  double cpu() const { return end.cpu() - begin.cpu(); }
  /// Growth since before the first connection.
  double resident_growth() const {
    return static_cast<double>(end.resident) - static_cast<double>(before.resident);
  }
  double own_growth() const {
    return static_cast<double>(end.own) - static_cast<double>(before.own);
  }
};

/// What came out of a run.
struct Outcome {
  std::string operation = "message";  ///< What the server's CPU time is divided by.
  std::uint64_t operations = 0;
  double seconds = 0;
  std::size_t connections = 0;
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  std::vector<std::pair<std::string, Histogram>> times;
  std::vector<Point> course;
  std::optional<ServerUse> server;
  double own_cpu = 0;                 ///< Seconds of this process in the measured time.
  std::string checked;                ///< What was checked, and held.
  std::vector<std::string> problems;  ///< What did not: the run has failed.

  double rate() const { return seconds > 0 ? static_cast<double>(operations) / seconds : 0; }
};

}  // namespace parley::load
