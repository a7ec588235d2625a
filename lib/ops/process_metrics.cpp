#include "ops/process_metrics.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace parley::ops {
namespace {

std::string read_file(const char* path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

detail::ProcessStat read_stat() {
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  return detail::parse_stat(read_file("/proc/self/stat"), ticks, page)
      .value_or(detail::ProcessStat{});
}

double count_open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator entries{"/proc/self/fd", error};
  // One of them is the directory that is being read.
  return error ? 0 : static_cast<double>(std::distance(begin(entries), end(entries)) - 1);
}

double start_time() {
  const auto boot = detail::parse_boot_time(read_file("/proc/stat"));
  return boot.value_or(0) + read_stat().start_seconds;
}

}  // namespace

namespace detail {

std::optional<ProcessStat> parse_stat(std::string_view text, double ticks, double page) {
  // The second field is the program's name in parentheses and may hold anything, parentheses too.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream rest{std::string{text.substr(name_end + 1)}};
  const std::vector<std::string> words{std::istream_iterator<std::string>{rest}, {}};
  constexpr std::size_t first = 3;  // words[0] is the field that proc(5) numbers 3.
  const auto field = [&](std::size_t number) {
    double value = 0;
    std::istringstream{words[number - first]} >> value;
    return value;
  };
  if (words.size() < 24 - first + 1) return std::nullopt;
  return ProcessStat{.cpu_seconds = (field(14) + field(15)) / ticks,
                     .start_seconds = field(22) / ticks,
                     .threads = field(20),
                     .virtual_bytes = field(23),
                     .resident_bytes = field(24) * page};
}

std::optional<double> parse_boot_time(std::string_view text) {
  std::istringstream lines{std::string{text}};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string key;
    double value = 0;
    if (words >> key >> value && key == "btime") return value;
  }
  return std::nullopt;
}

}  // namespace detail

void add_build_info(Metrics& metrics, const BuildInfo& build) {
  metrics.gauge_from(
      "parley_build_info", "What the program was built from; always 1.", [] { return 1.0; },
      {{"version", build.version}, {"commit", build.commit}, {"compiler", build.compiler}});
}

void add_process_metrics(Metrics& metrics) {
  metrics.counter_from("process_cpu_seconds_total", "User and system CPU time spent, in seconds.",
                       [] { return read_stat().cpu_seconds; });
  metrics.gauge_from("process_resident_memory_bytes", "Memory in RAM, in bytes.",
                     [] { return read_stat().resident_bytes; });
  metrics.gauge_from("process_virtual_memory_bytes", "Address space taken, in bytes.",
                     [] { return read_stat().virtual_bytes; });
  metrics.gauge_from("process_threads", "Threads of the process.",
                     [] { return read_stat().threads; });
  metrics.gauge_from("process_open_fds", "Open file descriptors.", count_open_files);
  metrics.gauge_from("process_max_fds", "Most file descriptors that may be open.",
                     [] { return static_cast<double>(::sysconf(_SC_OPEN_MAX)); });
  metrics.gauge_from("process_start_time_seconds", "When the process started, in Unix seconds.",
                     [started = start_time()] { return started; });
}

}  // namespace parley::ops
