#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace parley::jobs {

using namespace std::chrono_literals;

/// How long a job rests before its next run.
struct Backoff {
  enum class Kind { fixed, exponential };

  Kind kind = Kind::fixed;
  std::chrono::milliseconds delay{0};
  double jitter = 0;  ///< 0..1: this part of the delay is random.

  friend bool operator==(const Backoff&, const Backoff&) = default;
};

/// Which finished jobs stay to be looked at.
struct Keep {
  std::optional<std::size_t> count;         ///< The newest so many; 0: not even the job itself.
  std::optional<std::chrono::seconds> age;  ///< Those that finished within this time.
  std::size_t limit = 1000;                 ///< Most that one finish removes for their age.

  static Keep all() { return {}; }
  static Keep none() { return newest(0); }
  static Keep newest(std::size_t count) { return {count, {}, 1000}; }
  static Keep younger_than(std::chrono::seconds age) { return {{}, age, 1000}; }

  bool keeps_none() const { return count == std::size_t{0}; }
  friend bool operator==(const Keep&, const Keep&) = default;
};

/// Adding is refused while another job owns `id`: until that job ends, or for `ttl` after it was
/// added.
struct Deduplication {
  std::string id;
  std::optional<std::chrono::milliseconds> ttl;
  bool extend = false;   ///< A refused add begins the ttl anew.
  bool replace = false;  ///< An owner that is still delayed makes room for the new job.

  friend bool operator==(const Deduplication&, const Deduplication&) = default;
};

/// What a producer may say about one job. The defaults are Node's.
struct JobOptions {
  std::string id;                      ///< Empty: the queue counts. Errors of bad ones: check().
  std::chrono::milliseconds delay{0};  ///< Rests so long before its first run.
  std::uint32_t priority = 0;          ///< 0 first, then 1 before 2, up to max_priority.
  bool lifo = false;                   ///< Before all that wait.
  std::uint32_t attempts = 0;          ///< Runs in all; 0 and 1 mean no retry.
  std::optional<Backoff> backoff;      ///< None: the next run follows at once.
  std::optional<Keep> remove_on_complete, remove_on_fail;  ///< Absent: as the worker says.
  std::optional<Deduplication> deduplication;
  std::optional<std::size_t> stack_trace_limit;  ///< Entries of Job::stacktrace; 0 keeps none.
  std::optional<std::size_t> keep_logs;          ///< Lines of the job's log.
  std::optional<Time> created_at;                ///< In place of the time of the call.

  friend bool operator==(const JobOptions&, const JobOptions&) = default;
};

inline constexpr std::uint32_t max_priority = 2'097'151;
inline constexpr std::size_t max_id_bytes = 256;
inline constexpr std::size_t max_name_bytes = 256;
inline constexpr std::chrono::milliseconds max_delay = std::chrono::hours{24 * 3650};
inline constexpr std::uint32_t max_attempts = 1'000'000;
inline constexpr std::size_t default_stack_trace_limit = 10;

/// bad_request when a queue cannot have this name: empty, long, or with a `:`.
Result<Done> check_queue_name(std::string_view name);
/// bad_request for what Node's Queue would refuse, and for what is out of range: an id that is an
/// integer, or holds `:`; names and ids that are long or not UTF-8; priorities; delays; jitter.
Result<Done> check(const JobOptions& options);

/// The `opts` field of a job, as Node writes it: a JSON object, `attempts` always there.
/// Source: docs/formats/jobs.md, "Options".
std::string to_json(const JobOptions& options);
/// Reads what any producer wrote: unknown members are ignored, members of a wrong type are as if
/// absent, numbers beyond a range are cut to it. bad_request unless `text` is a JSON object.
Result<JobOptions> options_from_json(std::string_view text);

}  // namespace parley::jobs
