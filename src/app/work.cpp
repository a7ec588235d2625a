#include <exception>
#include <iostream>

#include "app/commands.hpp"
#include "app/lifetime.hpp"
#include "app/neighbourhood.hpp"
#include "app/worker_program.hpp"
#include "ops/log.hpp"
#include "settings/build_info.hpp"
#include "settings/mail_settings.hpp"

namespace parley::app {

namespace {

void run_until_told(const Settings& settings, std::unique_ptr<Stores> stores,
                    const redis::Config& redis, const AwaitedSignals& signals) {
  WorkerProgram program(settings, std::move(stores), redis);
  ops::log().info("ready", {{"worker", worker_name()}, {"version", version_line()}});
  std::cout << "parley worker is ready";
  if (program.port() != 0) std::cout << ": http://localhost:" << program.port();
  std::cout << std::endl;
  signals.wait({[&program] { return program.is_ready(); },
                [] { ops::log().info("SIGHUP: a worker has no files to read again"); }});
  program.drain();
}

}  // namespace

int work(const Settings& settings) {
  const AwaitedSignals signals;
  const auto redis = redis_config(settings);
  if (!redis || !*redis) {
    ops::log().error("REDIS_URL cannot be used",
                     {{"reason", redis ? "it is not set" : redis.error().detail}});
    return exit_usage;
  }
  auto stores = open_stores(settings);
  if (!stores) {
    ops::log().error("the store cannot be opened", {{"reason", stores.error().detail}});
    return exit_failed;
  }
  try {
    run_until_told(settings, std::move(*stores), **redis, signals);
    ops::log().info("stopped");
    return exit_ok;
  } catch (const std::exception& error) {
    ops::log().error("the worker cannot start", {{"reason", error.what()}});
    return exit_failed;
  }
}

}  // namespace parley::app
