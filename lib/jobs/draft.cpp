#include "jobs/draft.hpp"

#include <string>

#include "base/json.hpp"
#include "base/utf8.hpp"

namespace parley::jobs {

namespace {

Result<Done> check_one(const NewJob& job) {
  if (job.name.empty() || job.name.size() > max_name_bytes || !is_utf8(job.name))
    return fail(Errc::bad_request, "the job's name is empty, too long, or not UTF-8");
  if (const auto data = json::parse(job.data, {128}); !data)
    return fail(Errc::bad_request, "the job's data: " + data.error().detail);
  return check(job.options);
}

}  // namespace

Result<Done> check(const std::vector<NewJob>& jobs) {
  if (jobs.size() > Producer::max_batch)
    return fail(Errc::too_large, "more than " + std::to_string(Producer::max_batch) + " jobs");
  for (const NewJob& job : jobs) {
    if (auto sound = check_one(job); !sound) return sound;
  }
  return Done{};
}

}  // namespace parley::jobs
