#include "store/embedded/pacing.hpp"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <thread>
#include <utility>

#include "store/embedded/tidying.hpp"

namespace parley::store::embedded {

namespace {

std::chrono::nanoseconds cpu_time_of_this_thread() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

/// What this thread has used since the last call, if it is `Pacing::least_work` or more; else 0.
std::chrono::nanoseconds work_done() {
  static thread_local std::chrono::nanoseconds before{0};
  const auto now = cpu_time_of_this_thread();
  if (now - before < Pacing::least_work) return std::chrono::nanoseconds{0};
  return now - std::exchange(before, now);
}

}  // namespace

std::chrono::nanoseconds Pacing::rest_after(std::chrono::nanoseconds worked, const Backlog& left) {
  const bool is_behind = left.sealed > 1 || left.first_level > 2 * Tidying::under_load;
  if (is_behind || worked < least_work) return std::chrono::nanoseconds{0};
  return std::min<std::chrono::nanoseconds>(rest_factor * worked, longest_rest);
}

void Pacing::watch(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* table) {
  const std::lock_guard lock(mutex_);
  db_ = &db;
  table_ = table;
}

void Pacing::stop() {
  const std::lock_guard lock(mutex_);
  db_ = nullptr;
}

void Pacing::Request(std::int64_t, rocksdb::Env::IOPriority, rocksdb::Statistics*) {
  const auto worked = work_done();
  if (worked < least_work || !is_loaded()) return;
  const auto left = backlog();
  if (!left) return;
  const auto rest = rest_after(worked, *left);
  if (rest.count() == 0) return;
  ++rests_;
  std::this_thread::sleep_for(rest);
}

bool Pacing::is_loaded() const {
  return std::chrono::steady_clock::now().time_since_epoch().count() < loaded_until_;
}

/// nullopt: nobody is to rest.
std::optional<Backlog> Pacing::backlog() {
  const std::lock_guard lock(mutex_);
  if (db_ == nullptr) return std::nullopt;
  Backlog left;
  db_->GetIntProperty(table_, rocksdb::DB::Properties::kNumImmutableMemTable, &left.sealed);
  std::string tables;
  db_->GetProperty(table_, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &tables);
  std::from_chars(tables.data(), tables.data() + tables.size(), left.first_level);
  return left;
}

}  // namespace parley::store::embedded
