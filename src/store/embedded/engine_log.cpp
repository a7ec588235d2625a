#include "store/embedded/engine_log.hpp"

#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <string>

#include "base/time.hpp"

namespace parley::store::embedded {

namespace {

constexpr std::size_t most_bytes = 1u << 20;

class EngineLog final : public rocksdb::Logger {
 public:
  explicit EngineLog(std::filesystem::path path) : path_(std::move(path)) { begin(); }

  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char text[1024];
    if (std::vsnprintf(text, sizeof text, format, arguments) < 0) return;
    const std::lock_guard lock(mutex_);
    if (bytes_ > most_bytes) begin();
    const std::string line = to_iso8601(wall_now()) + ' ' + text + '\n';
    bytes_ += line.size();
    file_.clear();
    file_ << line << std::flush;
  }

 private:
  void begin() {
    std::error_code ignored;
    file_.close();
    std::filesystem::rename(path_, path_.string() + ".old", ignored);
    file_.open(path_, std::ios::trunc);
    bytes_ = 0;
  }

  const std::filesystem::path path_;
  std::mutex mutex_;  // RocksDB's threads share it.
  std::ofstream file_;
  std::size_t bytes_ = 0;
};

class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace

std::shared_ptr<rocksdb::Logger> make_engine_log(const std::filesystem::path& directory) {
  return std::make_shared<EngineLog>(directory / "LOG");
}

std::shared_ptr<rocksdb::Logger> make_no_log() { return std::make_shared<NoLog>(); }

}  // namespace parley::store::embedded
