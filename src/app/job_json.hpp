#pragma once

#include "base/json.hpp"
#include "jobs/queue.hpp"

namespace parley::app {

// How jobs are shown by `parley jobs --json`, and how a server answers it: names as BullMQ's API
// has them, times in ISO 8601, what is not set left out.

/// In a list: without its stack traces.
json::object job_summary(const jobs::Job& job);
/// Everything.
json::object job_details(const jobs::Job& job);
/// `{"waiting":0,…,"paused":false}`.
json::object counts_json(const jobs::Counts& counts);

}  // namespace parley::app
