#include "chat/fakes/memory_presence.hpp"
#include "chat/fakes/memory_stores.hpp"
#include "chat/ports/contract/account_store_contract.hpp"
#include "chat/ports/contract/conversation_store_contract.hpp"
#include "chat/ports/contract/message_store_contract.hpp"
#include "chat/ports/contract/operator_store_contract.hpp"
#include "chat/ports/contract/presence_store_contract.hpp"
#include "chat/ports/contract/receipt_store_contract.hpp"
#include "chat/ports/contract/session_store_contract.hpp"
#include "chat/ports/contract/sync_contract.hpp"

namespace parley::chat::contract {

class MemoryAdapter final : public Stores {
 public:
  AccountStore& accounts() override { return stores_.accounts; }
  SessionStore& sessions() override { return stores_.sessions; }
  MessageStore& messages() override { return stores_.messages; }
  ReceiptStore& receipts() override { return stores_.messages; }
  ConversationStore& conversations() override { return stores_.messages; }
  OperatorStore& operators() override { return stores_.operators; }
  Feed& feed() override { return stores_.messages; }

 private:
  fakes::MemoryStores stores_;
};

const auto memory =
    ::testing::Values(Adapter{"memory", [] { return std::make_unique<MemoryAdapter>(); }});

INSTANTIATE_TEST_SUITE_P(Memory, AccountStoreContract, memory);
INSTANTIATE_TEST_SUITE_P(Memory, SessionStoreContract, memory);
INSTANTIATE_TEST_SUITE_P(Memory, MessageStoreContract, memory);
INSTANTIATE_TEST_SUITE_P(Memory, ReceiptStoreContract, memory);
INSTANTIATE_TEST_SUITE_P(Memory, ConversationStoreContract, memory);
INSTANTIATE_TEST_SUITE_P(Memory, OperatorStoreContract, memory);
INSTANTIATE_TEST_SUITE_P(Memory, SyncContract, memory);

const auto memory_presence = ::testing::Values(
    PresenceAdapter{"memory", [] { return std::make_unique<fakes::MemoryPresence>(); }});

INSTANTIATE_TEST_SUITE_P(Memory, PresenceStoreContract, memory_presence);

}  // namespace parley::chat::contract
