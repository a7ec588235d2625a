#include "chat/ports/contract/account_store_contract.hpp"
#include "chat/ports/contract/session_store_contract.hpp"
#include "store/mongo/account_store.hpp"
#include "store/mongo/schema.hpp"
#include "store/mongo/session_store.hpp"
#include "store/mongo/testing.hpp"

namespace parley::chat::contract {

namespace {
using store::mongo::TestDatabase;
using store::mongo::TestServer;

/// A fresh database with all indexes.
class MongoAdapter final : public Stores {
 public:
  MongoAdapter() {
    const auto made = store::mongo::ensure_indexes(database_.client());
    if (!made) throw std::runtime_error(made.error().detail);
  }
  AccountStore& accounts() override { return accounts_; }
  SessionStore& sessions() override { return sessions_; }
  MessageStore& messages() override { throw std::logic_error("not here"); }
  ReceiptStore& receipts() override { throw std::logic_error("not here"); }
  ConversationStore& conversations() override { throw std::logic_error("not here"); }
  Feed& feed() override { throw std::logic_error("not here"); }

 private:
  TestDatabase database_;
  store::mongo::AccountStore accounts_{database_.client(), database_.workers()};
  store::mongo::SessionStore sessions_{database_.client(), database_.workers()};
};

std::unique_ptr<Stores> make_stores() {
  if (store::mongo::is_skipped_without(TestServer::shared())) return nullptr;
  return std::make_unique<MongoAdapter>();
}

const auto mongo = ::testing::Values(Adapter{"mongo", make_stores});
}  // namespace

INSTANTIATE_TEST_SUITE_P(Mongo, AccountStoreContract, mongo);
INSTANTIATE_TEST_SUITE_P(Mongo, SessionStoreContract, mongo);

}  // namespace parley::chat::contract
