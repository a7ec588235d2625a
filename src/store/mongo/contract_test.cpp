#include <iostream>

#include "chat/ports/contract/account_store_contract.hpp"
#include "chat/ports/contract/conversation_store_contract.hpp"
#include "chat/ports/contract/message_store_contract.hpp"
#include "chat/ports/contract/operator_store_contract.hpp"
#include "chat/ports/contract/receipt_store_contract.hpp"
#include "chat/ports/contract/session_store_contract.hpp"
#include "chat/ports/contract/sync_contract.hpp"
#include "store/mongo/node_testing.hpp"

namespace parley::chat::contract {

namespace {
using store::mongo::TestDatabase;
using store::mongo::TestNode;
using store::mongo::TestServer;

/// A fresh database with all indexes, and one node on it.
class MongoAdapter final : public Stores {
 public:
  AccountStore& accounts() override { return node_.accounts(); }
  SessionStore& sessions() override { return node_.sessions(); }
  MessageStore& messages() override { return node_.messages(); }
  ReceiptStore& receipts() override { return node_.receipts(); }
  ConversationStore& conversations() override { return node_.conversations(); }
  OperatorStore& operators() override { return node_.operators(); }
  Feed& feed() override { return node_.feed(); }

 private:
  TestDatabase database_;
  TestNode node_{database_.uri()};
};

std::unique_ptr<Stores> make_stores() { return std::make_unique<MongoAdapter>(); }

/// None where there is no server: the fixtures speak to it before a test could skip itself.
std::vector<Adapter> adapters() {
  const std::string& absence = TestServer::shared().absence();
  if (absence.empty()) return {Adapter{"mongo", make_stores}};
  std::cout << "skipped: the contracts of the stores on MongoDB: " << absence << '\n';
  return {};
}

const auto mongo = ::testing::ValuesIn(adapters());
}  // namespace

INSTANTIATE_TEST_SUITE_P(Mongo, AccountStoreContract, mongo);
INSTANTIATE_TEST_SUITE_P(Mongo, SessionStoreContract, mongo);
INSTANTIATE_TEST_SUITE_P(Mongo, MessageStoreContract, mongo);
INSTANTIATE_TEST_SUITE_P(Mongo, ReceiptStoreContract, mongo);
INSTANTIATE_TEST_SUITE_P(Mongo, ConversationStoreContract, mongo);
INSTANTIATE_TEST_SUITE_P(Mongo, OperatorStoreContract, mongo);
INSTANTIATE_TEST_SUITE_P(Mongo, SyncContract, mongo);

}  // namespace parley::chat::contract
