#pragma once

#include <memory>

#include "app/stores.hpp"
#include "net/shard.hpp"
#include "settings/settings.hpp"
#include "store/embedded/account_store.hpp"
#include "store/embedded/conversation_store.hpp"
#include "store/embedded/database.hpp"
#include "store/embedded/feed.hpp"
#include "store/embedded/message_store.hpp"
#include "store/embedded/operator_store.hpp"
#include "store/embedded/presence.hpp"
#include "store/embedded/receipt_store.hpp"
#include "store/embedded/session_store.hpp"

namespace parley::app {

/// Everything in DATA_DIR.
class EmbeddedStores final : public Stores {
 public:
  explicit EmbeddedStores(std::unique_ptr<store::embedded::Database> database);

  chat::AccountStore& accounts() override { return accounts_; }
  chat::SessionStore& sessions() override { return sessions_; }
  store::embedded::MessageStore& messages() override { return messages_; }
  chat::ReceiptStore& receipts() override { return receipts_; }
  chat::ConversationStore& conversations() override { return conversations_; }
  chat::OperatorStore& operators() override { return operators_; }
  chat::Feed& feed() override { return feed_; }
  std::unique_ptr<chat::PresenceStore> presence(net::Shards& shards) override;
  Result<Done> health() const override { return database_->health(); }
  void export_counts(ops::Metrics& metrics) const override;
  void close() override { database_->close(); }

  /// For what only this store can do.
  store::embedded::Database& database() { return *database_; }

 private:
  std::unique_ptr<store::embedded::Database> database_;
  store::embedded::AccountStore accounts_;
  store::embedded::SessionStore sessions_;
  store::embedded::MessageStore messages_;
  store::embedded::ReceiptStore receipts_;
  store::embedded::ConversationStore conversations_;
  store::embedded::OperatorStore operators_;
  store::embedded::Feed feed_;
};

/// Where the embedded store of a data directory is, and how it is set.
store::embedded::Config embedded_config(const Settings& settings);

}  // namespace parley::app
