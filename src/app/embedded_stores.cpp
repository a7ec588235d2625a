#include "app/embedded_stores.hpp"

#include "app/store_counts.hpp"

namespace parley::app {

EmbeddedStores::EmbeddedStores(std::unique_ptr<store::embedded::Database> database)
    : database_(std::move(database)),
      accounts_(*database_),
      sessions_(*database_),
      messages_(*database_),
      receipts_(*database_),
      conversations_(*database_),
      operators_(*database_),
      feed_(*database_) {}

std::unique_ptr<chat::PresenceStore> EmbeddedStores::presence(net::Shards& shards) {
  return std::make_unique<store::embedded::Presence>(shards, *database_);
}

void EmbeddedStores::export_counts(ops::Metrics& metrics) const {
  const store::embedded::Stats& stats = database_->stats();
  const auto counter = [&](std::string_view name, std::string_view help, const auto& value) {
    metrics.counter_from(name, help, [&value] { return as_number(value); });
  };
  metrics.gauge_from("parley_store_queued", "Writes that wait for the committer.",
                     [&stats] { return as_number(stats.queued); });
  counter("parley_store_commits_total", "Batches written.", stats.commits);
  counter("parley_store_synced_commits_total", "Batches that waited for the disk.",
          stats.synced_commits);
  counter("parley_store_failed_commits_total", "Batches that could not be written.",
          stats.failed_commits);
  counter("parley_store_refused_writes_total", "Writes refused because the queue was full.",
          stats.refused_writes);
  counter("parley_store_messages_total", "Messages stored.", stats.messages_appended);
  counter("parley_store_duplicates_total", "Messages that were there already.",
          stats.duplicate_messages);
  counter("parley_store_reads_total", "Reads by seek.", stats.reads);
  metrics.histogram_from("parley_store_commit_seconds", "Time of one batch, its sync included.",
                         stats.commit_seconds.bounds(),
                         [&stats] { return stats.commit_seconds.snapshot(); });
  metrics.histogram_from("parley_store_batch_writes", "Writes that shared one batch.",
                         stats.batch_operations.bounds(),
                         [&stats] { return stats.batch_operations.snapshot(); });
}

store::embedded::Config embedded_config(const Settings& settings) {
  store::embedded::Config config;
  config.directory = settings.store.data_dir / "db";
  config.readers = settings.store.read_threads;
  config.block_cache = settings.store.cache_mb << 20;
  config.max_queued = settings.store.queue;
  return config;
}

}  // namespace parley::app
