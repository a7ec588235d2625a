#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "app/commands.hpp"
#include "app/control.hpp"
#include "app/embedded_stores.hpp"
#include "app/errand.hpp"
#include "app/job_store.hpp"
#include "app/jobs_desk.hpp"
#include "app/jobs_report.hpp"
#include "app/mongo_stores.hpp"
#include "app/neighbourhood.hpp"
#include "app/user_desk.hpp"
#include "mail/jobs_of.hpp"

namespace parley::app {

using namespace std::chrono_literals;

namespace {

using Answer = Result<json::object>;

int refused(const Error& error, ExitCode code = exit_failed) {
  std::cerr << "parley: " << error.detail << '\n';
  return code;
}

/// Only a person at a terminal can say yes.
bool confirm(const std::string& question) {
  if (::isatty(STDIN_FILENO) == 0) return false;
  std::cerr << question << " [y/N] ";
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "Y" || line == "yes";
}

const Terminal& terminal() {
  static const Terminal standard{std::cout, std::cerr, confirm};
  return standard;
}

/// The embedded store of a directory that no server uses.
Result<std::unique_ptr<store::embedded::Database>> open_stopped(const Settings& settings) {
  const auto config = embedded_config(settings);
  if (!std::filesystem::exists(config.directory))
    return fail(Errc::not_found, "there is no data in " + settings.store.data_dir.string());
  return store::embedded::Database::open(config);
}

/// Asks the server of the data directory, and where none runs what `open` gives.
class LocalAsk {
 public:
  using Open = std::function<Result<Ask>()>;
  LocalAsk(const Settings& settings, Open open)
      : socket_(control_socket(settings.store.data_dir)), open_(std::move(open)) {}

  Answer operator()(json::object question) {
    if (!opened_) {
      auto answer = ask(socket_, question);
      if (answer || answer.error().code != Errc::not_found) return answer;
      auto opened = open_();
      if (!opened) return opened.error();
      opened_ = std::move(*opened);
    }
    return opened_(std::move(question));
  }

 private:
  std::filesystem::path socket_;
  Open open_;
  Ask opened_;
};

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

/// `parley user` in a store that this process has opened.
class OpenUsers {
 public:
  Ask open(std::unique_ptr<Stores> stores) {
    stores_ = std::move(stores);
    errand_.start();
    return [this](json::object question) {
      UserDesk desk(stores_->accounts());
      return errand_.run(desk.answer(std::move(question), wall_now()));
    };
  }
  ~OpenUsers() {
    if (stores_) stores_->close();
    errand_.stop();
  }

 private:
  Errand errand_;
  std::unique_ptr<Stores> stores_;
};

}  // namespace

int jobs_command(const Settings& settings, const JobsRequest& request) {
  const auto redis = redis_config(settings);
  if (!redis) return refused(redis.error(), exit_usage);
  if (!*redis) return jobs_in_data_dir(settings, request);
  const auto config = queue_config(settings, request.queue);
  if (!config) return refused(config.error(), exit_usage);
  return jobs_in_redis(request, **redis, *config);
}

int user_command(const Settings& settings, const UserRequest& request) {
  OpenUsers users;
  if (!settings.store.mongo_uri.empty()) {
    auto database = store::mongo::Database::open(mongo_config(settings));
    if (!database) return refused(database.error());
    const Ask asked = users.open(std::make_unique<MongoStores>(std::move(*database)));
    return report_user(request, asked, terminal());
  }
  LocalAsk asked(settings, [&]() -> Result<Ask> {
    auto database = open_stopped(settings);
    if (!database) return database.error();
    return users.open(std::make_unique<EmbeddedStores>(std::move(*database)));
  });
  return report_user(request, std::ref(asked), terminal());
}

}  // namespace parley::app
