#pragma once

#include <stdexcept>

#include "chat/ports/contract/stores.hpp"
#include "store/mongo/account_store.hpp"
#include "store/mongo/conversation_store.hpp"
#include "store/mongo/database.hpp"
#include "store/mongo/message_store.hpp"
#include "store/mongo/operator_store.hpp"
#include "store/mongo/receipt_store.hpp"
#include "store/mongo/session_store.hpp"
#include "store/mongo/testing.hpp"

/// A node's store, for tests that have one or several on a database.
namespace parley::store::mongo {

inline StoreConfig node_config(const std::string& uri) {
  StoreConfig config;
  config.connection.uri = uri;
  config.readers = 2;
  return config;
}

inline std::unique_ptr<Database> open_or_throw(StoreConfig config) {
  auto opened = Database::open(std::move(config));
  if (!opened) throw std::runtime_error(opened.error().detail);
  return std::move(*opened);
}

/// An open store with its adapters.
struct TestNode final : chat::contract::Stores {
  explicit TestNode(const std::string& uri) : TestNode(node_config(uri)) {}
  explicit TestNode(StoreConfig config) : database(open_or_throw(std::move(config))) {}

  chat::AccountStore& accounts() override { return accounts_; }
  chat::SessionStore& sessions() override { return sessions_; }
  chat::MessageStore& messages() override { return messages_; }
  chat::ReceiptStore& receipts() override { return receipts_; }
  chat::ConversationStore& conversations() override { return conversations_; }
  OperatorStore& operators() override { return operators_; }
  Feed& feed() override { return database->feed(); }

  std::unique_ptr<Database> database;

 private:
  AccountStore accounts_{database->client(), database->workers()};
  SessionStore sessions_{database->client(), database->workers()};
  MessageStore messages_{*database};
  ReceiptStore receipts_{*database};
  ConversationStore conversations_{*database};
  OperatorStore operators_{*database};
};

}  // namespace parley::store::mongo
