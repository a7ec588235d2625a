#include "store/embedded/database.hpp"

#include <rocksdb/utilities/checkpoint.h>

#include "store/embedded/files.hpp"
#include "store/embedded/internals.hpp"

namespace parley::store::embedded {

Internals::Internals(Config settings, std::unique_ptr<Engine> opened)
    : config(std::move(settings)),
      engine(std::move(opened)),
      committer(*engine, config, stats,
                [this](Transaction& transaction) {
                  // While writes fail this one is the probe that finds out when they work again.
                  const bool probing = !committer.health();
                  if (probing) transaction.require_sync();
                  if (probing || liveness.online.load() > 0)
                    Liveness::alive(transaction, config.clock());
                  engine->merge_from(tidying.look(stats.commits));
                }),
      readers({config.readers, config.max_queued_reads}) {}

Database::Database(std::unique_ptr<Internals> internals) : internals_(std::move(internals)) {}

Database::~Database() { close(); }

Result<std::unique_ptr<Database>> Database::open(Config config) {
  auto engine = Engine::open(config, Access::write);
  if (!engine) return engine.error();
  if (auto recovered = Liveness::recover(**engine, config); !recovered) return recovered.error();
  auto internals = std::make_unique<Internals>(std::move(config), std::move(*engine));
  return std::unique_ptr<Database>(new Database(std::move(internals)));
}

void Database::close() { internals_->committer.close(); }

Result<Done> Database::health() const { return internals_->committer.health(); }

const Stats& Database::stats() const { return internals_->stats; }

Result<Done> Database::checkpoint(const std::filesystem::path& target) {
  return make_checkpoint(*internals_->engine, target);
}

}  // namespace parley::store::embedded
