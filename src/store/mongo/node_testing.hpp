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

/// As a node that died after its insert: a message at `seq` of which the conversation does not
/// know. All of it is by the sender of `first`.
template <class Id>
void leave_behind(TestDatabase& database, const chat::Message& first, const Id& id,
                  std::int64_t seq, chat::Version version) {
  Document copy, filter;
  filter.set("_id", first.id);
  database.only("messages", filter).view().each([&](std::string_view name, const Value& value) {
    if (name == "_id")
      copy.set(name, id);
    else if (name == "seq")
      copy.set(name, seq);
    else if (name == "version")
      copy.set(name, version);
    else if (name == "content")
      copy.set(name, std::to_string(seq));
    else if (name == "sent")
      copy.set(name, Document().set(first.sender.hex(), seq));
    else
      copy.set(name, value);
  });
  database.put("messages", copy);
}

}  // namespace parley::store::mongo
