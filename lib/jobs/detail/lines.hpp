#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "jobs/job.hpp"
#include "jobs/queue.hpp"

namespace parley::jobs {

/// The end of a line that a job goes to.
enum class Side { back, front };

/// Where in its line a job stands: by `rank` (of prioritized jobs the priority, of delayed ones the
/// Unix milliseconds when they are due, else 0), then by `turn`.
struct Place {
  std::int64_t rank = 0, turn = 0;

  friend auto operator<=>(const Place&, const Place&) = default;
};

/// A job, where it stands, and who runs it: all that is stored of it.
struct Placed {
  Job job;
  Place place;
  std::string token;  ///< Of active jobs.
};

namespace detail {

/// Jobs by their id, and by the line of their state.
class Lines {
 public:
  using Line = std::map<Place, const Placed*>;

  Placed* find(const JobId& id);
  const Placed* find(const JobId& id) const;
  /// First in line first; of finished jobs that is the oldest. `state` is not none.
  const Line& line(State state) const;
  std::size_t count(State state) const { return line(state).size(); }
  /// Those that wait, rest or run.
  std::size_t unfinished() const;
  std::size_t size() const { return jobs_.size(); }
  /// bytes_of all jobs.
  std::size_t bytes() const { return bytes_; }
  /// bytes_of those that wait, rest or run.
  std::size_t unfinished_bytes() const { return bytes_ - finished_bytes_; }
  std::vector<JobId> ids(State state, std::size_t limit) const;

  /// Into the line of its state, at `rank`. Its id must be free.
  Placed& put(Job job, std::int64_t rank, Side side);
  /// Where it stood. False when the id or the place is taken, or the state has no line.
  bool restore(Placed job);
  std::optional<Job> take_out(const JobId& id);
  /// After a change that moves it nowhere.
  void recount(const Placed& changed, std::size_t bytes_before);

 private:
  Line& line_of(State state);
  void insert(Placed job);
  /// One job's bytes are others now.
  void count_bytes(const Job& job, std::size_t before, std::size_t after);

  std::unordered_map<JobId, Placed> jobs_;
  std::array<Line, 8> lines_;
  std::int64_t first_ = 0, last_ = 0;  ///< Turns given so far.
  std::size_t bytes_ = 0, finished_bytes_ = 0;
};

/// Of the texts that come from outside; an empty job takes about a kilobyte more.
std::size_t bytes_of(const Job& job);

}  // namespace detail
}  // namespace parley::jobs
