#include "app/store_config.hpp"

namespace parley::app {

store::embedded::Config store_config(const Settings& settings) {
  store::embedded::Config config;
  config.directory = settings.store.data_dir / "db";
  config.readers = settings.store.read_threads;
  config.block_cache = settings.store.cache_mb << 20;
  config.max_queued = settings.store.queue;
  return config;
}

}  // namespace parley::app
