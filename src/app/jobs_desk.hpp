#pragma once

#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "jobs/queue.hpp"

namespace parley::app {

/// Answers what `parley jobs` asks of one queue. A question is a JSON object with `verb` and what
/// the verb wants:
///
///   counts                                    -> the numbers, and `paused`
///   list    {state, offset?, limit?}          -> {jobs}; at most max_page of them
///   show    {id}                              -> {job, log}
///   retry   {id} or {all: true}               -> {done}; of all: those that failed
///   remove  {id} or {all: true, state}        -> {done}
///   drain   {delayed?}, pause, resume         -> {}
///
/// Any `queue` in the question must be this one's name. `queue` outlives it; any shard.
class JobsDesk {
 public:
  JobsDesk(jobs::Queue& queue, std::string name) : queue_(queue), name_(std::move(name)) {}

  /// bad_request: not such a question; not_found, conflict: the job's; else the queue's errors.
  Task<Result<json::object>> answer(json::object question, Time now);

  static constexpr std::size_t max_page = 100;
  /// The most that one `retry` or `remove` of all changes.
  static constexpr std::size_t max_changes = 100'000;

 private:
  Task<Result<json::object>> list(json::object question);
  Task<Result<json::object>> show(std::string id);
  Task<Result<json::object>> retry(json::object question, Time now);
  Task<Result<json::object>> retry_all(Time now);
  Task<Result<json::object>> remove(json::object question, Time now);
  Task<Result<json::object>> remove_all(jobs::State state, Time now);

  jobs::Queue& queue_;
  std::string name_;
};

}  // namespace parley::app
