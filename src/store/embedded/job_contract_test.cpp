// The embedded queue runs the contract of queues.
#include "jobs/contract/queue_contract.hpp"
#include "jobs/contract/source_contract.hpp"
#include "jobs/contract/worker_contract.hpp"
#include "store/embedded/job_queue.hpp"
#include "store/embedded/testing.hpp"

namespace parley::jobs::contract {
namespace {

namespace embedded = store::embedded;

/// Every rule of the store must hold when a test ends.
class EmbeddedQueue final : public Store {
 public:
  explicit EmbeddedQueue(net::Shard& shard) : shard_(shard) {}
  ~EmbeddedQueue() override {
    database_->close();
    EXPECT_EQ(broken_rules(*database_), "");
  }
  Queue& queue() override { return queue_; }
  std::shared_ptr<Source> new_source() override { return queue_.new_source(shard_); }

 private:
  net::Shard& shard_;
  embedded::TemporaryDirectory directory_;
  std::unique_ptr<embedded::Database> database_ =
      embedded::open_or_throw(embedded::small_config(directory_.path()));
  embedded::JobQueue queue_{*database_};
};

const auto adapter = ::testing::Values(
    Adapter{"Embedded", [](net::Shard& shard) { return std::make_unique<EmbeddedQueue>(shard); }});

INSTANTIATE_TEST_SUITE_P(Embedded, QueueContract, adapter);
INSTANTIATE_TEST_SUITE_P(Embedded, SourceContract, adapter);
INSTANTIATE_TEST_SUITE_P(Embedded, WorkerContract, adapter);

}  // namespace
}  // namespace parley::jobs::contract
