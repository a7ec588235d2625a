#include "app/lifetime.hpp"

#include "app/embedded_stores.hpp"
#include "app/mongo_stores.hpp"
#include "ops/log.hpp"

namespace parley::app {

EndingSignals::EndingSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void EndingSignals::wait() const {
  int signal = 0;
  sigwait(&signals_, &signal);
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
