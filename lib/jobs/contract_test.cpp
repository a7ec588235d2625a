// Both adapters of this room run the contract.
#include "jobs/bullmq_rig.hpp"
#include "jobs/contract/queue_contract.hpp"
#include "jobs/contract/source_contract.hpp"
#include "jobs/contract/worker_contract.hpp"
#include "jobs/fakes/memory_queue.hpp"

namespace parley::jobs::contract {
namespace {

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(net::Shard& shard) : queue_(shard.executor()) {}
  Queue& queue() override { return queue_; }
  std::shared_ptr<Source> new_source() override { return queue_.new_source(); }

 private:
  fakes::MemoryQueue queue_;
};

const Adapter memory{"Memory",
                     [](net::Shard& shard) { return std::make_unique<MemoryStore>(shard); }};
const Adapter bullmq{"Bullmq",
                     [](net::Shard& shard) { return std::make_unique<BullmqStore>(shard); }};

INSTANTIATE_TEST_SUITE_P(Memory, QueueContract, ::testing::Values(memory));
INSTANTIATE_TEST_SUITE_P(Memory, SourceContract, ::testing::Values(memory));
INSTANTIATE_TEST_SUITE_P(Memory, WorkerContract, ::testing::Values(memory));
INSTANTIATE_TEST_SUITE_P(Bullmq, QueueContract, ::testing::Values(bullmq));
INSTANTIATE_TEST_SUITE_P(Bullmq, SourceContract, ::testing::Values(bullmq));
INSTANTIATE_TEST_SUITE_P(Bullmq, WorkerContract, ::testing::Values(bullmq));

}  // namespace
}  // namespace parley::jobs::contract
