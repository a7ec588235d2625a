// A producer and a worker on a queue that Node's bullmq may share; README.md lists what it prints.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <future>
#include <iostream>

#include "jobs/bullmq_queue.hpp"
#include "jobs/bullmq_source.hpp"
#include "jobs/worker.hpp"
#include "net/shard.hpp"

using namespace parley;
using namespace std::chrono_literals;

namespace {

struct Settings {
  std::string redis = "redis://127.0.0.1:6379";
  jobs::BullmqConfig queue{"test", "bull", {}};

  // produce
  std::size_t count = 1;
  std::string name = "test", data = "{}", options = "{}", id_prefix;

  // work
  jobs::WorkerConfig worker;
  unsigned lock_ms = 30'000, stalled_ms = 30'000, takes_ms = 0, fails = 0, grace_ms = 10'000;
  bool is_hopeless = false, is_quiet = false, returns_data = false;
  std::size_t rate_max = 0;
  unsigned rate_ms = 1000;

  // control
  std::string id;
};

/// One line of standard output; any shard.
void print(json::object event) {
  event["at"] = to_unix_ms(wall_now());
  std::cout << json::serialize(event) + "\n" << std::flush;
}

json::object told(std::string_view event, const jobs::Job& job) {
  return {{"event", event}, {"id", job.id}, {"name", job.name}, {"run", job.attempts_made + 1}};
}

Error failure(std::string detail) { return fail(Errc::internal, std::move(detail)); }

/// What a test wants of a job: that it takes a while, fails a few times, or for good.
Task<Result<json::value>> process(const Settings& settings, jobs::Job job) {
  if (!settings.is_quiet) {
    json::object line = told("active", job);
    line["data"] = job.payload;
    print(std::move(line));
  }
  if (settings.takes_ms > 0) {
    const std::chrono::milliseconds takes{settings.takes_ms};
    co_await net::sleep_for(takes);
  }
  if (job.attempts_made < settings.fails) {
    if (!settings.is_quiet) print(told("failing", job));
    if (settings.is_hopeless) co_return fail(Errc::bad_request, "hopeless");
    co_return failure("failure " + std::to_string(job.attempts_made + 1));
  }
  if (!settings.is_quiet) print(told("completing", job));
  if (settings.returns_data) co_return job.payload;
  co_return json::value{{"by", "parley"}};
}

/// A program of one shard: runs one coroutine there, to its end.
class Program {
 public:
  explicit Program(const Settings& settings) : settings_(settings), shards_(1) {
    auto config = redis::parse_url(settings.redis);
    if (!config) throw std::invalid_argument(config.error().detail);
    if (const auto queue = jobs::check(settings.queue); !queue)
      throw std::invalid_argument(queue.error().detail);
    redis_config_ = std::move(*config);
    redis_config_.backoff_max = 500ms;
    redis_ = std::make_unique<redis::Client>(shards_[0], redis_config_, "job-runner");
    queue_ = std::make_unique<jobs::BullmqQueue>(*redis_, settings.queue);
  }
  ~Program() { shards_.stop(); }

  int run(std::function<Task<Result<Done>>()> work) {
    shards_.start();
    std::promise<Result<Done>> ended;
    shards_[0].spawn("work", keep(connected(), std::move(work), &ended));
    const Result<Done> result = ended.get_future().get();
    if (result) return 0;
    std::cerr << result.error().detail + "\n";
    return 1;
  }

  Task<Result<Done>> produce();
  Task<Result<Done>> control(std::string what);
  int work();

 private:
  static Task<void> keep(Task<void> first, std::function<Task<Result<Done>>()> work,
                         std::promise<Result<Done>>* ended) {
    co_await std::move(first);
    ended->set_value(co_await work());
  }
  Task<void> connected() {
    for (int i = 0; i < 500 && !redis_->is_connected(); ++i) co_await net::sleep_for(10ms);
  }

  const Settings& settings_;
  net::Shards shards_;
  redis::Config redis_config_;
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<jobs::BullmqQueue> queue_;
};

Task<Result<Done>> Program::produce() {
  auto options = jobs::options_from_json(settings_.options);
  if (!options) co_return options.error();
  for (std::size_t done = 0; done < settings_.count;) {
    std::vector<jobs::NewJob> batch;
    for (; batch.size() < 100 && done < settings_.count; ++done) {
      batch.push_back({settings_.name, settings_.data, *options});
      if (!settings_.id_prefix.empty())
        batch.back().options.id = settings_.id_prefix + std::to_string(done);
    }
    const auto added = co_await queue_->add_all(std::move(batch), wall_now());
    if (!added) co_return added.error();
    for (const jobs::Added& one : *added) {
      if (!settings_.is_quiet) print({{"event", "added"}, {"id", one.id}, {"isNew", one.is_new}});
    }
  }
  co_return Done{};
}

Task<Result<Done>> Program::control(std::string what) {
  if (what == "pause") co_return co_await queue_->pause();
  if (what == "resume") co_return co_await queue_->resume();
  if (what == "drain") co_return co_await queue_->drain(true);
  if (what == "retry") co_return co_await queue_->retry(settings_.id, wall_now());
  if (what == "promote") co_return co_await queue_->promote(settings_.id, wall_now());
  if (what == "remove") co_return co_await queue_->remove(settings_.id);
  if (what == "obliterate") co_return co_await queue_->obliterate(true);
  const auto counts = co_await queue_->counts();
  if (!counts) co_return counts.error();
  print({{"event", "counts"},
         {"waiting", counts->waiting},
         {"prioritized", counts->prioritized},
         {"active", counts->active},
         {"delayed", counts->delayed},
         {"completed", counts->completed},
         {"failed", counts->failed},
         {"waitingChildren", counts->waiting_children},
         {"paused", counts->paused}});
  co_return Done{};
}

int Program::work() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  jobs::WorkerConfig config = settings_.worker;
  config.lock = std::chrono::milliseconds{settings_.lock_ms};
  config.stalled_interval = std::chrono::milliseconds{settings_.stalled_ms};
  if (settings_.rate_max > 0)
    config.rate = jobs::RateLimit{settings_.rate_max, std::chrono::milliseconds{settings_.rate_ms}};
  const auto source = std::make_shared<jobs::BullmqSource>(shards_[0], *redis_, redis_config_,
                                                           settings_.queue, config.name);
  jobs::Worker worker{shards_[0], source, config};
  worker.on_any([this](jobs::Job job) { return process(settings_, std::move(job)); });
  shards_[0].post([&worker] { worker.start(); });
  shards_.start();
  print({{"event", "ready"}});
  int signal = 0;
  sigwait(&signals, &signal);

  std::promise<void> stopped;
  const auto stop = [](jobs::Worker& its_worker, std::chrono::milliseconds grace,
                       std::promise<void>& done) -> Task<void> {
    co_await its_worker.stop(grace);
    done.set_value();
  };
  shards_[0].spawn("stop", stop(worker, std::chrono::milliseconds{settings_.grace_ms}, stopped));
  stopped.get_future().get();
  shards_.stop();
  const auto stats = worker.stats();
  print({{"event", "stopped"},
         {"completed", stats.completed},
         {"failed", stats.failed},
         {"retried", stats.retried},
         {"rescued", stats.rescued},
         {"givenBack", stats.given_back},
         {"lost", stats.lost}});
  return worker.is_working() ? 0 : 1;
}

int run(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Adds jobs to a BullMQ queue, or works on them; prints one JSON object a line"};
  app.require_subcommand(1);
  app.add_option("--redis", settings.redis, "redis://[[user]:password@]host:port[/database]");
  app.add_option("--queue", settings.queue.name, "The queue's name");
  app.add_option("--prefix", settings.queue.prefix, "What its keys begin with");
  app.add_flag("--quiet", settings.is_quiet, "Prints no single jobs");

  CLI::App* produce = app.add_subcommand("produce", "Adds jobs, then ends");
  produce->add_option("--count", settings.count, "How many");
  produce->add_option("--name", settings.name, "Their name");
  produce->add_option("--data", settings.data, "Their data, JSON");
  produce->add_option("--options", settings.options, "As they are stored, JSON");
  produce->add_option("--id-prefix", settings.id_prefix, "Custom ids: this and a number");

  CLI::App* work = app.add_subcommand("work", "Works until SIGTERM");
  work->add_option("--name", settings.worker.name, "The worker's name");
  work->add_option("--concurrency", settings.worker.concurrency, "Jobs at the same time");
  work->add_option("--lock", settings.lock_ms, "Lock duration, ms");
  work->add_option("--stalled", settings.stalled_ms, "Between looks for stalled jobs, ms");
  work->add_option("--max-stalled", settings.worker.max_stalled, "Stalls that a job may have");
  work->add_option("--takes", settings.takes_ms, "What a job takes, ms");
  work->add_option("--fails", settings.fails, "Runs of each job that fail");
  work->add_option("--grace", settings.grace_ms, "For the jobs that run at SIGTERM, ms");
  work->add_option("--rate-max", settings.rate_max, "Jobs that may begin within --rate-ms");
  work->add_option("--rate-ms", settings.rate_ms, "The window of --rate-max");
  work->add_flag("--hopeless", settings.is_hopeless, "Failures are not worth another run");
  work->add_flag("--return-data", settings.returns_data, "A job's value is its data");

  CLI::App* control = app.add_subcommand("control", "Changes or counts, then ends");
  std::string what = "counts";
  control->add_option("what", what,
                      "pause, resume, counts, drain, retry, promote, remove or obliterate");
  control->add_option("--id", settings.id, "The job");
  CLI11_PARSE(app, argc, argv);

  Program program{settings};
  if (work->parsed()) return program.work();
  return program.run([&]() -> Task<Result<Done>> {
    return produce->parsed() ? program.produce() : program.control(what);
  });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << std::string{error.what()} + "\n";
    return 1;
  }
}
