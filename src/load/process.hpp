#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace parley::load {

/// What a process has used so far, and holds now.
struct ProcessUse {
  double user = 0;  ///< Seconds of CPU, all threads, also those that have ended.
  double system = 0;
  std::uint64_t voluntary = 0;  ///< Context switches of the threads that live.
  std::uint64_t forced = 0;
  std::uint64_t resident = 0;  ///< Bytes.
  std::uint64_t own = 0;       ///< Private bytes; 0 where they may not be read.
  std::uint64_t peak = 0;      ///< Most resident bytes so far.
  /// Seconds of CPU of the threads that live, those of one name together.
  std::map<std::string, double> threads;

  double cpu() const { return user + system; }
};

/// From /proc; nullopt when there is no such process.
std::optional<ProcessUse> look_at_process(int pid);
/// Of this process.
ProcessUse look_at_self();

/// The name in a /proc stat file, which may hold anything but ends with the file's last `)`.
std::string_view name_in_stat(std::string_view text);
/// User and system ticks out of /proc/<pid>/stat, whose second field may hold anything.
std::optional<std::pair<std::uint64_t, std::uint64_t>> read_stat(std::string_view text);
/// The number after `name:` in a /proc file of lines; 0 when it is absent.
std::uint64_t read_field(std::string_view text, std::string_view name);

}  // namespace parley::load
