#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/job.hpp"
#include "jobs/source.hpp"

namespace parley::jobs {

/// The rest before the next run, after run number `run` (1-based) failed; `random` is in [0, 1).
/// Never longer than max_delay.
std::chrono::milliseconds rest_after(const Backoff& backoff, std::uint32_t run, double random);

/// False for errors that the next run would meet again: the job itself is wrong. True for
/// temporary ones, and for Errc::internal, of which nobody knows.
bool is_worth_retrying(Errc code);

/// `old` and one more entry, cut to the newest JobOptions::stack_trace_limit.
std::vector<std::string> with_failure(std::vector<std::string> old, std::string_view reason,
                                      const JobOptions& options);

/// How the run of `job` ends that gave `error`: it runs again while attempts are left and the error
/// is worth it. `keep` is the worker's, for jobs that do not say.
Ending ending_of_failure(const Job& job, const Error& error, double random, const Keep& keep);
/// `json` is the value.
Ending ending_of_success(const Job& job, std::string json, const Keep& keep);

}  // namespace parley::jobs
