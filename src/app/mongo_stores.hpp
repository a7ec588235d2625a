#pragma once

#include <memory>

#include "app/stores.hpp"
#include "settings/settings.hpp"
#include "store/mongo/account_store.hpp"
#include "store/mongo/conversation_store.hpp"
#include "store/mongo/database.hpp"
#include "store/mongo/message_store.hpp"
#include "store/mongo/operator_store.hpp"
#include "store/mongo/receipt_store.hpp"
#include "store/mongo/session_store.hpp"

namespace parley::app {

/// Everything in MongoDB, which other nodes use, too.
class MongoStores final : public Stores {
 public:
  explicit MongoStores(std::unique_ptr<store::mongo::Database> database);

  chat::AccountStore& accounts() override { return accounts_; }
  chat::SessionStore& sessions() override { return sessions_; }
  chat::MessageStore& messages() override { return messages_; }
  chat::ReceiptStore& receipts() override { return receipts_; }
  chat::ConversationStore& conversations() override { return conversations_; }
  chat::OperatorStore& operators() override { return operators_; }
  store::mongo::Feed& feed() override { return database_->feed(); }
  std::unique_ptr<chat::PresenceStore> presence(net::Shards& shards) override;
  std::function<Time()> clock() const override {
    return [database = database_.get()] { return database->now(); };
  }
  Result<Done> health() const override { return database_->health(); }
  void export_counts(ops::Metrics& metrics) const override;
  void close() override { database_->close(); }

 private:
  std::unique_ptr<store::mongo::Database> database_;
  store::mongo::AccountStore accounts_;
  store::mongo::SessionStore sessions_;
  store::mongo::MessageStore messages_;
  store::mongo::ReceiptStore receipts_;
  store::mongo::ConversationStore conversations_;
  store::mongo::OperatorStore operators_;
};

/// Where the database is, and how it is used.
store::mongo::StoreConfig mongo_config(const Settings& settings);

}  // namespace parley::app
