#include <chrono>
#include <thread>

#include "app/commands.hpp"
#include "app/embedded_stores.hpp"
#include "app/errand.hpp"
#include "app/job_store.hpp"
#include "app/jobs_desk.hpp"
#include "app/jobs_report.hpp"
#include "app/local_ask.hpp"
#include "app/neighbourhood.hpp"
#include "mail/jobs_of.hpp"

namespace parley::app {

using namespace std::chrono_literals;

namespace {

int jobs_in_redis(const JobsRequest& request, const redis::Config& redis,
                  const jobs::BullmqConfig& config) {
  Errand errand;
  RedisJobs jobs(errand.home(), redis, config);
  errand.start();
  for (const auto end = std::chrono::steady_clock::now() + 5s;
       !jobs.health() && std::chrono::steady_clock::now() < end;)
    std::this_thread::sleep_for(10ms);
  const auto reached = jobs.health();
  JobsDesk desk(jobs.queue(), config.name);
  const Ask asked = [&](json::object question) {
    return errand.run(desk.answer(std::move(question), wall_now()));
  };
  const int code = reached ? report_jobs(request, asked, terminal())
                           : refused(fail(Errc::unavailable, "Redis: " + reached.error().detail));
  errand.stop();
  return code;
}

int jobs_in_data_dir(const Settings& settings, const JobsRequest& request) {
  Errand errand;
  std::unique_ptr<EmbeddedJobs> jobs;
  std::unique_ptr<JobsDesk> desk;
  LocalAsk asked(settings, [&]() -> Result<Ask> {
    auto database = open_stopped(settings);
    if (!database) return database.error();
    jobs = std::make_unique<EmbeddedJobs>(std::move(*database));
    desk = std::make_unique<JobsDesk>(jobs->queue(), std::string{mail::queue_name});
    errand.start();
    return Ask([&](json::object question) {
      return errand.run(desk->answer(std::move(question), wall_now()));
    });
  });
  const int code = report_jobs(request, std::ref(asked), terminal());
  if (jobs) jobs->close();
  errand.stop();
  return code;
}

}  // namespace

int jobs_command(const Settings& settings, const JobsRequest& request) {
  const auto redis = redis_config(settings);
  if (!redis) return refused(redis.error(), exit_usage);
  if (!*redis) return jobs_in_data_dir(settings, request);
  const auto config = queue_config(settings, request.queue);
  if (!config) return refused(config.error(), exit_usage);
  return jobs_in_redis(request, **redis, *config);
}

}  // namespace parley::app
