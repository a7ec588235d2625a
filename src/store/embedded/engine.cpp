#include "store/embedded/engine.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.hpp"
#include "base/object_id.hpp"
#include "store/embedded/bytes.hpp"
#include "store/embedded/engine_log.hpp"
#include "store/embedded/files.hpp"
#include "store/embedded/log_space.hpp"
#include "store/embedded/memtable.hpp"
#include "store/embedded/retention.hpp"
#include "store/embedded/tidying.hpp"
#include "store/embedded/torn_manifest.hpp"
#include "store/embedded/yielding.hpp"

namespace parley::store::embedded {

namespace {
constexpr std::size_t prefix_length = 13;  // tag and id: see keys.hpp, Table::chat
constexpr int cache_shard_bits = 3;        // a handful of threads read
constexpr const char* chat_table = "chat";

rocksdb::ColumnFamilyOptions common_options(const Config& config,
                                            const std::shared_ptr<rocksdb::Cache>& cache,
                                            const rocksdb::CompactionFilter* retention) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // Filters and indexes live in the cache, so that it bounds the memory; in pieces, because one
  // table's whole filter would not fit into a shard of the cache and be read again for every
  // lookup.
  blocks.cache_index_and_filter_blocks = true;
  blocks.cache_index_and_filter_blocks_with_high_priority = true;
  blocks.pin_l0_filter_and_index_blocks_in_cache = true;
  blocks.pin_top_level_index_and_filter = true;
  blocks.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  blocks.partition_filters = true;
  blocks.format_version = 5;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  options.compression = rocksdb::kLZ4Compression;
  options.level_compaction_dynamic_level_bytes = true;
  options.write_buffer_size = config.write_buffer;
  options.max_write_buffer_number = 3;
  options.level0_file_num_compaction_trigger = Tidying::under_load;
  options.target_file_size_base = 32u << 20;
  options.compaction_filter = retention;
  return options;
}

/// Keys there are looked up by their whole or by their first 13 bytes, so both go into the filters.
rocksdb::ColumnFamilyOptions chat_options(rocksdb::ColumnFamilyOptions options) {
  options.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(prefix_length));
  return options;
}

rocksdb::Env& disk_of(const Config& config) {
  return config.env != nullptr ? *config.env : *rocksdb::Env::Default();
}

rocksdb::DBOptions database_options(const Config& config) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.allow_concurrent_memtable_write = false;  // one writer: see memtable.hpp
  options.enable_write_thread_adaptive_yield = false;
  options.enable_pipelined_write = false;  // nothing to overlap with one writer
  options.max_total_wal_size = config.max_log;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;
  options.max_open_files = config.max_open_files;
  options.max_background_jobs = 2;
  options.listeners.push_back(std::make_shared<Yielding>());
  options.bytes_per_sync = 1u << 20;  // spreads the writeback of tables, so that syncs stay short
  options.writable_file_max_buffer_size = Pacing::piece;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

/// Memtables that are flushed, for whatever reason, are replaced by empty ones.
class Emptied final : public rocksdb::EventListener {
 public:
  explicit Emptied(std::atomic<bool>& holds_something) : holds_something_(holds_something) {}
  void OnMemTableSealed(const rocksdb::MemTableInfo&) override { holds_something_ = false; }

 private:
  std::atomic<bool>& holds_something_;
};

/// By this process or another one. Source: env/fs_posix.cc, LockFile.
bool is_locked(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() && (text.find("lock hold by current process") != std::string::npos ||
                                text.find("While lock file") != std::string::npos);
}

/// The file system: nobody writes there.
bool is_read_only(const rocksdb::Status& status) {
  return status.IsIOError() && status.ToString().find(std::strerror(EROFS)) != std::string::npos;
}

/// An empty store would be begun there, and what was to be restored not be missed.
Result<Done> refuse_what_is_half_restored(const std::filesystem::path& directory) {
  const std::filesystem::path half = being_restored(directory);
  std::error_code error;
  if (std::filesystem::exists(directory / "CURRENT", error) ||
      !std::filesystem::exists(half, error))
    return Done{};
  return fail(Errc::corrupt,
              "a restore has not ended or was interrupted: repeat parley restore, "
              "or remove " +
                  half.string() + " to do without it");
}
}  // namespace

void count_nothing() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

Error to_error(const rocksdb::Status& status) {
  return fail(status.IsCorruption() ? Errc::corrupt : Errc::unavailable, status.ToString());
}

Engine::Engine(const Config& config)
    : retention_(make_retention(config)),
      env_(with_log_space(disk_of(config))),
      // The first level, and about as much of the next one.
      room_for_merging_(2 * Tidying::under_load * config.write_buffer),
      merges_from_(Tidying::under_load) {}

Engine::~Engine() {
  if (!db_) return;
  pacing_->stop();
  for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  db_->Close().PermitUncheckedError();
}

Result<std::unique_ptr<Engine>> Engine::open(const Config& config, Access access) {
  std::unique_ptr<Engine> engine(new Engine(config));
  if (access == Access::write) {
    if (auto whole = refuse_what_is_half_restored(config.directory); !whole) return whole.error();
    auto error = make_private_folder(config.directory.parent_path());  // DATA_DIR
    if (!error) error = make_private_folder(config.directory);
    if (error)
      return fail(Errc::unavailable,
                  "cannot make " + config.directory.string() + ": " + error.message());
  }
  rocksdb::Status status;
  if (access == Access::read_only) {
    status = engine->keep_writers_away(config);
    if (status.ok()) status = engine->open_database(config, access);
  } else {
    status = open_with_torn_manifest(config.directory, [&engine, &config, access] {
      return engine->open_database(config, access);
    });
  }
  if (is_locked(status)) {
    return fail(Errc::conflict,
                "the store in " + config.directory.string() + " is in use by another process");
  }
  if (!status.ok()) {
    Error error = to_error(status);
    error.detail = "cannot open the store in " + config.directory.string() + ": " + error.detail;
    if (error.code == Errc::corrupt)
      error.detail += "; it is damaged: move that folder away, then parley restore from a backup";
    return error;
  }
  if (auto checked = engine->check_format(config, access); !checked) return checked.error();
  return engine;
}

Result<std::unique_ptr<Engine>> Engine::open_existing(const Config& config, Access access) {
  if (auto whole = refuse_what_is_half_restored(config.directory); !whole) return whole.error();
  std::error_code error;
  if (!std::filesystem::exists(config.directory / "CURRENT", error))
    return fail(Errc::not_found, "no store in " + config.directory.parent_path().string());
  return open(config, access);
}

void Engine::merge_from(int tables) {
  if (tables == merges_from_) return;
  // On a full disk the manifest could not be written either, and RocksDB 7.8 would abort when it
  // recovers.
  std::uint64_t room = 0;
  const bool is_told = db_->GetEnv()->GetFreeSpace(db_->GetName(), &room).ok();
  if (is_told && room < room_for_merging_) return;
  const std::string trigger = std::to_string(tables);
  for (rocksdb::ColumnFamilyHandle* table : tables_) {
    const auto set = db_->SetOptions(table, {{"level0_file_num_compaction_trigger", trigger}});
    if (!set.ok()) return;  // Tried again at the next look; reads cost more meanwhile.
  }
  merges_from_ = tables;
}

void Engine::hold_something() {
  rocksdb::WriteOptions unlogged;
  unlogged.disableWAL = true;
  // A write seals memtables that are full, or whose logs are too long, before it is logged. Here
  // they are sealed by one that is empty, so that the one that counts finds memory as it is left.
  rocksdb::WriteBatch empty;
  if (!db_->Write(unlogged, &empty).ok() || holds_something_.exchange(true)) return;
  const Key nothing = keys::meta("nothing");
  const auto held = db_->Delete(unlogged, table(nothing.table), nothing.bytes.view());
  if (!held.ok()) holds_something_ = false;
}

/// RocksDB does it for who writes. Without the file nobody has written there, and none is made: it
/// would belong to whoever reads, and a server of another user could not take it.
rocksdb::Status Engine::keep_writers_away(const Config& config) {
  const std::string file = (config.directory / "LOCK").string();
  if (env_->FileExists(file).IsNotFound()) return rocksdb::Status::OK();
  rocksdb::FileLock* held = nullptr;
  const auto status = env_->LockFile(file, &held);
  if (status.ok())
    lock_ = {held,
             [this](rocksdb::FileLock* lock) { env_->UnlockFile(lock).PermitUncheckedError(); }};
  if (is_read_only(status)) return rocksdb::Status::OK();
  return status;
}

rocksdb::Status Engine::open_database(const Config& config, Access access) {
  rocksdb::DBOptions options = database_options(config);
  options.env = env_.get();
  options.listeners.push_back(std::make_shared<Emptied>(holds_something_));
  options.rate_limiter = pacing_;
  options.info_log = access == Access::write ? make_engine_log(config.directory) : make_no_log();
  const auto cache = rocksdb::NewLRUCache(config.block_cache, cache_shard_bits);
  auto people = common_options(config, cache, retention_.get());
  auto chat = chat_options(people);
  const auto memtables = [&](Table table) {
    return std::make_shared<Memtables>(keys::groups(table, config.write_buffer),
                                       upcoming_[static_cast<std::size_t>(table)]);
  };
  people.memtable_factory = memtables(Table::people);
  chat.memtable_factory = memtables(Table::chat);
  std::vector<rocksdb::ColumnFamilyDescriptor> families{{rocksdb::kDefaultColumnFamilyName, people},
                                                        {chat_table, chat}};
  // Families that only a newer format has: opened so that its version can be read and refused in
  // words.
  std::vector<std::string> names;
  rocksdb::DB::ListColumnFamilies(options, config.directory.string(), &names)
      .PermitUncheckedError();
  for (const std::string& name : names) {
    const auto same = [&](const auto& family) { return family.name == name; };
    if (std::none_of(families.begin(), families.end(), same)) families.emplace_back(name, people);
  }
  rocksdb::DB* db = nullptr;
  const std::string path = config.directory.string();
  const auto status = access == Access::write
                          ? rocksdb::DB::Open(options, path, families, &handles_, &db)
                          : rocksdb::DB::OpenForReadOnly(options, path, families, &handles_, &db);
  db_.reset(db);
  if (!status.ok()) return status;
  tables_ = {handles_[0], handles_[1]};
  pacing_->watch(*db_, table(Table::chat));
  return status;
}

Result<Done> Engine::check_format(const Config& config, Access access) {
  std::string value;
  const auto status = db_->Get({}, table(Table::people), keys::meta("format").bytes.view(), &value);
  if (status.IsNotFound()) {
    const std::unique_ptr<rocksdb::Iterator> any(db_->NewIterator({}, table(Table::people)));
    any->SeekToFirst();
    if (!any->status().ok()) return to_error(any->status());
    if (any->Valid() || access == Access::read_only) {
      return fail(Errc::corrupt,
                  config.directory.string() + " is no store of parley: it has no format row");
    }
    return stamp();
  }
  if (!status.ok()) return to_error(status);
  Parser in(value);
  const std::uint64_t found = in.be64();
  if (!in.finished() || found == 0) return fail(Errc::corrupt, "the store's format row is damaged");
  if (found > format_version) {
    return fail(Errc::not_supported, "the store in " + config.directory.string() + " has format " +
                                         std::to_string(found) +
                                         ", and this program reads up to format " +
                                         std::to_string(format_version) + ": start a newer parley");
  }
  return Done{};
}

Result<Done> Engine::stamp() {
  rocksdb::WriteBatch batch;
  const ObjectId store_id = ObjectIdSource().next(wall_now());
  auto status = batch.Put(table(Table::people), keys::meta("format").bytes.view(),
                          Bytes().be64(format_version).view());
  if (status.ok())
    status = batch.Put(table(Table::people), keys::meta("id").bytes.view(), to_hex(store_id));
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (status.ok()) status = db_->Write(durable, &batch);
  if (!status.ok()) return to_error(status);
  return Done{};
}

}  // namespace parley::store::embedded
