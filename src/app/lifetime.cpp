#include "app/lifetime.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

#include "app/embedded_stores.hpp"
#include "app/mongo_stores.hpp"
#include "base/descriptor.hpp"
#include "http/security_headers.hpp"
#include "net/shard.hpp"
#include "ops/log.hpp"
#include "ops/service_manager.hpp"

namespace parley::app {

namespace {

/// A controlling terminal, as programs have that people start, and daemons have not.
bool has_terminal() {
  return static_cast<bool>(Descriptor{::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)});
}

/// As nohup sees to it.
bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

std::string_view name_of(int signal) {
  if (signal == SIGHUP) return "SIGHUP";
  return signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

void tell(const ops::ServiceManager& systemd, std::string_view state) {
  const auto told = systemd.tell(state);
  if (!told)
    ops::log().warn("systemd is not told", {{"state", state}, {"reason", told.error().detail}});
}

}  // namespace

AwaitedSignals::AwaitedSignals() : is_of_terminal_(!is_ignored(SIGHUP) && has_terminal()) {
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void AwaitedSignals::wait(const Running& program) const {
  const auto systemd = ops::ServiceManager::of_environment();
  bool ready = false;
  int signal = 0;
  while (signal <= 0) {
    if (!ready && program.is_ready()) {
      ready = true;
      tell(systemd, "READY=1");
    }
    signal = next(program, ready);
  }
  tell(systemd, "STOPPING=1");
  ops::log().info("draining", {{"signal", name_of(signal)}});
  sigset_t others = signals_;
  sigdelset(&others, SIGHUP);  // of a terminal that closes there can be more than one
  pthread_sigmask(SIG_UNBLOCK, &others, nullptr);
}

int AwaitedSignals::next(const Running& program, bool ready) const {
  constexpr timespec a_moment{0, 100'000'000};
  siginfo_t info{};
  const int signal =
      ready ? ::sigwaitinfo(&signals_, &info) : ::sigtimedwait(&signals_, &info, &a_moment);
  if (signal != SIGHUP || is_farewell(info)) return signal;
  program.read_again();
  return 0;
}

bool AwaitedSignals::is_farewell(const siginfo_t& hangup) const {
  if (!is_of_terminal_) return false;
  const bool is_from_kernel = hangup.si_code == SI_KERNEL;
  const bool is_passed_on_by_shell = hangup.si_pid == ::getsid(0) && !has_terminal();
  return is_from_kernel || is_passed_on_by_shell;
}

void log_escapes() {
  net::set_escape_reporter([](std::string_view name, std::string_view what) {
    ops::log().error("an exception escaped", {{"where", name}, {"what", what}});
  });
}

http::Config http_config(const Settings& settings, std::uint16_t port) {
  http::Config config;
  config.host = settings.server.host;
  config.port = port;
  config.head_timeout = settings.http.head_timeout;
  config.body_timeout = settings.http.body_timeout;
  config.keep_alive = settings.http.keep_alive;
  config.fixed_headers = http::security_headers();
  return config;
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

}  // namespace parley::app
