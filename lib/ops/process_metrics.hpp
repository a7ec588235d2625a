#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ops/metrics.hpp"

namespace parley::ops {

/// What the program was built from.
struct BuildInfo {
  std::string version;   ///< `0.1.0`
  std::string commit;    ///< Short hash, or `unknown`.
  std::string compiler;  ///< `GCC 12.2.0`
};

/// `parley_build_info{version,commit,compiler} 1`.
void add_build_info(Metrics& metrics, const BuildInfo& build);

/// The metrics that Prometheus' clients give of their own process, under the same names:
/// CPU seconds, resident and virtual bytes, open descriptors, threads, start time. Read from /proc.
void add_process_metrics(Metrics& metrics);

namespace detail {

/// What /proc/self/stat says. Source: proc(5).
struct ProcessStat {
  double cpu_seconds = 0;
  double start_seconds = 0;  ///< After the machine's boot.
  double threads = 0;
  double virtual_bytes = 0;
  double resident_bytes = 0;
};
/// nullopt when `text` has not the form that proc(5) describes. `ticks` a second, `page` bytes.
std::optional<ProcessStat> parse_stat(std::string_view text, double ticks, double page);
/// `btime` of /proc/stat: the boot in Unix seconds.
std::optional<double> parse_boot_time(std::string_view text);

}  // namespace detail
}  // namespace parley::ops
