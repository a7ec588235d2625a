#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/job.hpp"

namespace parley::jobs {

/// A job as it is stored: names and values. Source: docs/formats/jobs.md, "The job".
using Fields = std::vector<std::pair<std::string, std::string>>;

/// Reads what anybody stored; never fails. Unknown fields are ignored, numbers that are none are 0,
/// and data or options that are not JSON are told in Job::unreadable. The state is left open.
Job job_from_fields(JobId id, const Fields& fields);
/// All that is set in the job, readable by job_from_fields and by Node.
Fields to_fields(const Job& job);

/// `["a","b"]`.
std::string to_json_array(const std::vector<std::string>& texts);

}  // namespace parley::jobs
