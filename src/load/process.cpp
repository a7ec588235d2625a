#include "load/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace parley::load {

namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::uint64_t number_at(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
  std::uint64_t number = 0;
  std::from_chars(text.data() + begin, text.data() + text.size(), number);
  return number;
}

double seconds_of(std::pair<std::uint64_t, std::uint64_t> ticks) {
  return static_cast<double>(ticks.first + ticks.second) /
         static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void add_threads(ProcessUse& use, const std::filesystem::path& process) {
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator{process / "task", error}) {
    const auto stat = content_of(task.path() / "stat");
    if (const auto ticks = read_stat(stat))
      use.threads[std::string{name_in_stat(stat)}] += seconds_of(*ticks);
    const auto status = content_of(task.path() / "status");
    use.voluntary += read_field(status, "voluntary_ctxt_switches");
    use.forced += read_field(status, "nonvoluntary_ctxt_switches");
  }
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

std::string_view name_in_stat(std::string_view text) {
  const auto begin = text.find('('), end = text.rfind(')');
  if (begin == text.npos || end == text.npos || end < begin) return {};
  return text.substr(begin + 1, end - begin - 1);
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> read_stat(std::string_view text) {
  const auto end = text.rfind(')');
  if (end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(end + 1);
  // utime and stime are fields 14 and 15; the first one here is number 3.
  for (int field = 3; field <= 14; ++field) {
    const auto space = text.find(' ', 1);
    if (space == std::string_view::npos) return std::nullopt;
    if (field == 14) return std::pair{number_at(text), number_at(text.substr(space))};
    text.remove_prefix(space);
  }
  return std::nullopt;
}

std::uint64_t read_field(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const bool begins_line = at == 0 || text[at - 1] == '\n';
    const std::string_view rest = text.substr(at + name.size());
    if (begins_line && rest.starts_with(':')) return number_at(rest.substr(1));
  }
  return 0;
}

std::optional<ProcessUse> look_at_process(int pid) {
  const std::filesystem::path process = "/proc/" + std::to_string(pid);
  const auto ticks = read_stat(content_of(process / "stat"));
  if (!ticks) return std::nullopt;
  const auto second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const std::string status = content_of(process / "status");
  const std::string maps = content_of(process / "smaps_rollup");
  ProcessUse use;
  use.user = static_cast<double>(ticks->first) / second;
  use.system = static_cast<double>(ticks->second) / second;
  use.resident = read_field(status, "VmRSS") * 1024;
  use.peak = read_field(status, "VmHWM") * 1024;
  use.own = (read_field(maps, "Private_Clean") + read_field(maps, "Private_Dirty")) * 1024;
  add_threads(use, process);
  return use;
}

ProcessUse look_at_self() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  ProcessUse use;
  use.user = seconds_of(usage.ru_utime);
  use.system = seconds_of(usage.ru_stime);
  return use;
}

}  // namespace parley::load
