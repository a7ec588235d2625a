#include "app/mongo_stores.hpp"

#include "app/store_counts.hpp"
#include "nodes/local_presence.hpp"

namespace parley::app {

MongoStores::MongoStores(std::unique_ptr<store::mongo::Database> database)
    : database_(std::move(database)),
      accounts_(database_->client(), database_->workers()),
      sessions_(database_->client(), database_->workers()),
      messages_(*database_),
      receipts_(*database_),
      conversations_(*database_),
      operators_(*database_) {}

std::unique_ptr<chat::PresenceStore> MongoStores::presence(net::Shards&) {
  return std::make_unique<nodes::LocalPresence>();
}

void MongoStores::export_counts(ops::Metrics& metrics) const {
  const store::mongo::Stats& stats = database_->stats();
  const auto counter = [&](std::string_view name, std::string_view help, const auto& value) {
    metrics.counter_from(name, help, [&value] { return as_number(value); });
  };
  metrics.gauge_from("parley_store_queued", "Writes that wait for a round.",
                     [&stats] { return as_number(stats.queued); });
  metrics.gauge_from(
      "parley_store_queued_reads", "Reads that wait for a thread.",
      [database = database_.get()] { return static_cast<double>(database->queued_reads()); });
  counter("parley_store_rounds_total", "Groups of writes.", stats.rounds);
  counter("parley_store_commands_total", "Round trips of the writer.", stats.commands);
  counter("parley_store_failed_rounds_total", "Groups in which a write was given up.",
          stats.failed_rounds);
  counter("parley_store_retries_total", "Steps repeated because the database was away.",
          stats.retries);
  counter("parley_store_conflicts_total", "Messages whose place another node took first.",
          stats.conflicts);
  counter("parley_store_refused_writes_total", "Writes refused because the queue was full.",
          stats.refused_writes);
  counter("parley_store_messages_total", "Messages stored.", stats.messages_appended);
  counter("parley_store_duplicates_total", "Messages that were there already.",
          stats.duplicate_messages);
  counter("parley_store_adopted_total", "Messages of Node.js servers given their place.",
          stats.adopted_messages);
  counter("parley_store_reads_total", "Reads.", stats.reads);
  metrics.histogram_from("parley_store_round_seconds", "Time of one group of writes.",
                         stats.round_seconds.bounds(),
                         [&stats] { return stats.round_seconds.snapshot(); });
  metrics.histogram_from("parley_store_round_writes", "Writes that shared one group.",
                         stats.round_operations.bounds(),
                         [&stats] { return stats.round_operations.snapshot(); });
}

store::mongo::StoreConfig mongo_config(const Settings& settings) {
  store::mongo::StoreConfig config;
  config.connection.uri = settings.store.mongo_uri;
  config.max_queued = settings.store.queue;
  return config;
}

}  // namespace parley::app
