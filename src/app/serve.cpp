#include "app/serve.hpp"

#include <sys/resource.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "app/embedded_stores.hpp"
#include "app/mongo_stores.hpp"
#include "app/program.hpp"
#include "ops/log.hpp"
#include "settings/build_info.hpp"
#include "settings/cli.hpp"

namespace parley::app {

namespace {

/// SIGTERM and SIGINT are waited for, by the main thread alone.
sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

/// A connection is a file descriptor: takes as many as the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string address(const Settings& settings, std::uint16_t port) {
  const std::string& host = settings.server.host;
  const bool is_everywhere = host == "0.0.0.0" || host == "::";
  const bool is_ipv6 = host.find(':') != std::string::npos;
  const std::string shown = is_everywhere ? "localhost" : is_ipv6 ? '[' + host + ']' : host;
  return "http://" + shown + ':' + std::to_string(port);
}

Result<std::unique_ptr<Stores>> open_stores(const Settings& settings) {
  if (!settings.store.mongo_uri.empty()) {
    auto database = store::mongo::Database::open(mongo_config(settings));
    if (!database) return database.error();
    return std::unique_ptr<Stores>(std::make_unique<MongoStores>(std::move(*database)));
  }
  auto database = store::embedded::Database::open(embedded_config(settings));
  if (!database) return database.error();
  return std::unique_ptr<Stores>(std::make_unique<EmbeddedStores>(std::move(*database)));
}

int run_until_told(const Settings& settings, std::unique_ptr<Stores> stores,
                   const std::optional<redis::Config>& redis) {
  const sigset_t signals = ending_signals();
  Program program(settings, std::move(stores), redis);
  const std::string where = address(settings, program.port());
  ops::log().info("ready", {{"url", where}, {"version", version_line()}});
  std::cout << "parley is ready: " << where << std::endl;

  int signal = 0;
  sigwait(&signals, &signal);
  ops::log().info("draining", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  // From here on a second signal ends the program the usual way.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  if (!program.drain()) ops::log().warn("connections were left when the time to drain was over");
  return exit_ok;
}

}  // namespace

int serve(const Settings& settings) {
  const sigset_t signals = ending_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();

  const auto redis = redis_config(settings);
  if (!redis) {
    ops::log().error("REDIS_URL cannot be used", {{"reason", redis.error().detail}});
    return exit_usage;
  }
  auto stores = open_stores(settings);
  if (!stores) {
    ops::log().error("the store cannot be opened", {{"reason", stores.error().detail}});
    return exit_failed;
  }
  try {
    const int code = run_until_told(settings, std::move(*stores), *redis);
    ops::log().info("stopped");
    return code;
  } catch (const std::exception& error) {
    ops::log().error("the server cannot start", {{"reason", error.what()}});
    return exit_failed;
  }
}

}  // namespace parley::app
