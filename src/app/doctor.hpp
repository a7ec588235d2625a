#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/errc.hpp"
#include "base/time.hpp"
#include "settings/cli.hpp"
#include "settings/settings.hpp"

namespace parley::app {

/// How something is.
enum class Verdict { good, doubtful, bad };

/// What `parley doctor` found out about one thing.
struct Finding {
  std::string subject;  ///< `clock`, `store`, …
  Verdict verdict = Verdict::good;
  std::string what;  ///< What was seen.
  std::string mend;  ///< What to do about it; empty when it is good.

  friend bool operator==(const Finding&, const Finding&) = default;
};

/// What the machine says of itself.
struct Machine {
  std::uint64_t open_files = 0;  ///< The most that the server may have, or else this process.
  bool is_served = false;        ///< A server said so.
  std::uint64_t disk_size = 0, disk_free = 0;
  std::uint64_t inodes = 0, inodes_free = 0;
  std::optional<bool> clock_synchronized;  ///< Absent: it does not say.
  std::size_t backlog = 0;                 ///< Connections that may wait to be accepted.
  bool data_dir_is_there = false, data_dir_is_writable = false;
  /// The folder in which it would be made, and may not; empty: it may.
  std::string closed_parent;
  bool store_is_open_to_all = false;  ///< Every user of this machine may read what is kept.
};

/// What HOST may be.
inline constexpr std::string_view expected_host =
    "an address of this machine such as 127.0.0.1, 0.0.0.0 for all of them, or a name of one";

// Each judges one thing. Plain functions.

/// Who reaches the server, and whether others may read what is said.
Finding judge_address(const Settings& settings);
/// Why nobody can listen there (`net::may_listen_at`).
Finding judge_listening(const Error& error);
Finding judge_open_files(const Machine& machine, std::size_t max_connections);
Finding judge_disk(const Machine& machine, const std::string& data_dir);
Finding judge_clock(const Machine& machine);
Finding judge_backlog(const Machine& machine);
/// `offset`: how far another machine's clock is before ours, `error` how wrong that may be.
Finding judge_offset(const std::string& subject, std::chrono::milliseconds offset,
                     std::chrono::milliseconds error);
/// The same of MongoDB's, by which messages go.
Finding judge_message_clock(std::chrono::milliseconds offset, std::chrono::milliseconds error);
Finding judge_certificate(Time end, Time now);

/// Asks the machine; `data_dir` need not exist.
Machine examine_machine(const std::filesystem::path& data_dir);

/// For whom: people, or programs.
enum class Format { text, json };

/// Says what was found. Exit code: 1 when anything is bad.
int report_findings(const std::vector<Finding>& findings, Format format, std::ostream& out);

}  // namespace parley::app
