#include "store/embedded/retention.hpp"

#include "store/embedded/bytes.hpp"
#include "store/embedded/keys.hpp"

namespace parley::store::embedded {

namespace {
/// Runs on RocksDB's compaction threads. These kinds of rows begin with their layout and a
/// time.
class Retention final : public rocksdb::CompactionFilter {
 public:
  explicit Retention(const Config& config)
      : clock_(config.clock), keep_(config.idempotency_retention) {}

  const char* Name() const override { return "parley.retention"; }

  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*,
              bool*) const override {
    if (key.empty()) return false;
    switch (key[0]) {
      case keys::client_id_tag:
        return is_past(value, keep_);
      case keys::family_tag:
      case keys::user_family_tag:
      case keys::ended_tag:
        return is_past(value, std::chrono::hours{1});
      default:
        return false;
    }
  }

 private:
  bool is_past(const rocksdb::Slice& value, std::chrono::milliseconds grace) const {
    Parser in(std::string_view(value.data(), value.size()));
    if (in.u8() != 1) return false;
    const Time at = in.time();
    return in.ok() && clock_() - at > grace;
  }

  std::function<Time()> clock_;
  std::chrono::milliseconds keep_;
};
}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> make_retention(const Config& config) {
  return std::make_unique<Retention>(config);
}

}  // namespace parley::store::embedded
