#include "app/lifetime.hpp"

#include "app/embedded_stores.hpp"
#include "app/mongo_stores.hpp"
#include "ops/log.hpp"

namespace parley::app {

EndingSignals::EndingSignals(Hangup hangup) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  if (hangup == Hangup::calls) sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void EndingSignals::wait(const std::function<void()>& on_hangup) const {
  int signal = 0;
  while (sigwait(&signals_, &signal) == 0 && signal == SIGHUP) on_hangup();
  ops::log().info("draining", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
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
