#include "store/mongo/database.hpp"

#include "store/mongo/internals.hpp"
#include "store/mongo/schema.hpp"

namespace parley::store::mongo {

Database::Database(std::unique_ptr<Internals> internals) : internals_(std::move(internals)) {}

Database::~Database() {
  close();
  internals_->client->close_at(SteadyTime::clock::now());  // the readers finish what is queued
}

Result<std::unique_ptr<Database>> Database::open(StoreConfig config) {
  auto client = open_with_indexes(config.connection);
  if (!client) return std::move(client).error();
  auto internals = std::make_unique<Internals>(std::move(config), std::move(*client));
  return std::unique_ptr<Database>(new Database(std::move(internals)));
}

void Database::close() {
  internals_->client->close_at(SteadyTime::clock::now() +
                               internals_->context.config.write_deadline);
  internals_->writer.close();
}

Time Database::now() const { return internals_->client->now(); }

Result<Done> Database::health() const { return internals_->client->health(); }

const Stats& Database::stats() const { return internals_->context.stats; }

std::size_t Database::queued_reads() const { return internals_->readers.queued(); }

Feed& Database::feed() { return internals_->context.feed; }

Client& Database::client() { return *internals_->client; }

net::Workers& Database::workers() { return internals_->readers; }

}  // namespace parley::store::mongo
