#include "app/serve.hpp"

#include <sys/resource.h>

#include <exception>
#include <iostream>
#include <utility>

#include "app/doctor.hpp"
#include "app/lifetime.hpp"
#include "app/open_files.hpp"
#include "app/program.hpp"
#include "base/authority.hpp"
#include "net/listener.hpp"
#include "ops/log.hpp"
#include "settings/build_info.hpp"
#include "settings/cli.hpp"

namespace parley::app {

namespace {

/// A connection is a file descriptor: takes as many as the system allows, and gives how many it is
/// then; 0 when nobody says.
std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
}

void tell_limit(std::uint64_t open_files, const Settings& wanted, const Settings& settings) {
  const bool is_amiss = is_worth_a_warning(open_files, wanted.limits.max_connections);
  ops::log().write(is_amiss ? ops::Level::warn : ops::Level::info,
                   "the limit of open files allows fewer connections than MAX_CONNECTIONS",
                   {{"open_files", open_files}, {"connections", settings.limits.max_connections}});
}

std::string address(const Settings& settings, std::uint16_t port) {
  const std::string& host = settings.server.host;
  const bool is_everywhere = host == "0.0.0.0" || host == "::";
  return (settings.has_tls() ? "https://" : "http://") +
         authority_of(is_everywhere ? "localhost" : host, port);
}

/// Says why; the exit code.
int cannot_listen(const Error& error) {
  const auto finding = judge_listening(error);
  if (error.code == Errc::bad_request) {
    ops::log().error("HOST cannot be used",
                     {{"reason", error.detail}, {"expected", expected_host}});
    return exit_usage;
  }
  ops::log().error("PORT cannot be used", {{"reason", error.detail}, {"mend", finding.mend}});
  return exit_failed;
}

/// What a server is made of, beside its settings.
struct Parts {
  std::unique_ptr<Stores> stores;
  std::optional<redis::Config> redis;
  std::optional<net::TlsIdentity> identity;
};

int run_until_told(const Settings& settings, Parts parts, const AwaitedSignals& signals) {
  Program program(settings, std::move(parts.stores), parts.redis, std::move(parts.identity));
  const std::string where = address(settings, program.port());
  ops::log().info("ready", {{"url", where}, {"version", version_line()}});
  std::cout << "parley is ready: " << where << std::endl;

  signals.wait({[&program] { return program.is_ready(); }, [&program] { program.read_again(); }});
  if (!program.drain()) ops::log().warn("connections were left when the time to drain was over");
  return exit_ok;
}

}  // namespace

int serve(const Settings& wanted) {
  const AwaitedSignals signals;
  Settings settings = wanted;
  if (const std::uint64_t open_files = raise_descriptor_limit(); open_files > 0) {
    settings.limits.max_connections = connections_within(open_files, wanted.limits.max_connections);
    if (settings.limits.max_connections < wanted.limits.max_connections)
      tell_limit(open_files, wanted, settings);
  }

  const auto redis = redis_config(settings);
  if (!redis) {
    ops::log().error("REDIS_URL cannot be used", {{"reason", redis.error().detail}});
    return exit_usage;
  }
  auto identity = load_identity(settings);
  if (!identity) {
    ops::log().error("TLS_CERT and TLS_KEY cannot be used", {{"reason", identity.error().detail}});
    return exit_usage;
  }
  // Before the store is opened: nothing of it changes for a start that fails.
  if (const auto free = net::may_listen_at(settings.server.host, settings.server.port); !free)
    return cannot_listen(free.error());
  auto stores = open_stores(settings);
  if (!stores) {
    const bool is_taken = stores.error().code == Errc::conflict;
    ops::log().error(
        "the store cannot be opened",
        {{"reason", stores.error().detail + (is_taken ? ": by another parley serve, perhaps; "
                                                        "--data-dir gives this one its own"
                                                      : "")}});
    return exit_failed;
  }
  try {
    const int code =
        run_until_told(settings, {std::move(*stores), *redis, std::move(*identity)}, signals);
    ops::log().info("stopped");
    return code;
  } catch (const std::exception& error) {
    ops::log().error("the server cannot start", {{"reason", error.what()}});
    return exit_failed;
  }
}

}  // namespace parley::app
