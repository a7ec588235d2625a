#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "chat/fakes/run.hpp"
#include "chat/ports/contract/stores.hpp"
#include "store/embedded/account_store.hpp"
#include "store/embedded/conversation_store.hpp"
#include "store/embedded/database.hpp"
#include "store/embedded/feed.hpp"
#include "store/embedded/message_store.hpp"
#include "store/embedded/operator_store.hpp"
#include "store/embedded/receipt_store.hpp"
#include "store/embedded/session_store.hpp"
#include "store/embedded/verify.hpp"

/// What this room's tests have in common.
namespace parley::store::embedded {

/// An empty directory, gone with its owner.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A configuration of little memory, whose clock stands at `at(0)`, for a store in `data`/db.
inline Config small_config(const std::filesystem::path& data) {
  Config config;
  config.directory = data / "db";
  config.block_cache = 4u << 20;
  config.write_buffer = 1u << 20;
  config.clock = [] { return chat::contract::at(0); };
  return config;
}

inline std::unique_ptr<Database> open_or_throw(Config config) {
  auto opened = Database::open(std::move(config));
  if (!opened) throw std::runtime_error(opened.error().detail);
  return std::move(*opened);
}

/// An open database with its adapters.
struct OpenStore final : chat::contract::Stores {
  explicit OpenStore(Config config) : database(open_or_throw(std::move(config))) {}

  chat::AccountStore& accounts() override { return accounts_; }
  chat::SessionStore& sessions() override { return sessions_; }
  MessageStore& messages() override { return messages_; }
  chat::ReceiptStore& receipts() override { return receipts_; }
  chat::ConversationStore& conversations() override { return conversations_; }
  OperatorStore& operators() override { return operators_; }
  chat::Feed& feed() override { return feed_; }

  std::unique_ptr<Database> database;

 private:
  AccountStore accounts_{*database};
  SessionStore sessions_{*database};
  MessageStore messages_{*database};
  ReceiptStore receipts_{*database};
  ConversationStore conversations_{*database};
  OperatorStore operators_{*database};
  Feed feed_{*database};
};

/// One context to run calls on, and short words for them.
struct Caller {
  asio::io_context context{1};

  template <class T>
  T run(Task<T> task) {
    return chat::fakes::run(context, std::move(task));
  }
  template <class T>
  T good(Task<Result<T>> task) {
    Result<T> result = run(std::move(task));
    if (!result) throw std::runtime_error("refused: " + result.error().detail);
    return std::move(*result);
  }
  template <class T>
  Errc refusal(Task<Result<T>> task) {
    const Result<T> result = run(std::move(task));
    if (result) throw std::runtime_error("not refused");
    return result.error().code;
  }
  chat::UserId user(OpenStore& store, const std::string& name) {
    static ObjectIdSource ids;
    chat::Account account;
    account.id.bytes = ids.next(chat::contract::at(0));
    account.username = name;
    account.email = name + "@example.org";
    account.created_at = account.updated_at = chat::contract::at(0);
    return good(store.accounts().create(account)).id;
  }
  chat::Message say(OpenStore& store, chat::UserId from, chat::UserId to, std::string content,
                    std::optional<std::string> client_id = {}) {
    chat::NewMessage draft{from, to, std::move(content), std::move(client_id),
                           chat::contract::at(1000)};
    return good(store.messages().append(std::move(draft))).message;
  }
  std::vector<chat::Message> all_of(OpenStore& store, chat::ConversationId id,
                                    chat::UserId viewer) {
    chat::HistoryQuery query;
    query.conversation_id = id;
    query.viewer = viewer;
    query.limit = 1'000'000;
    return good(store.messages().history(query)).messages;
  }
};

/// All sentences of a verification, for EXPECT_EQ(…, "").
inline std::string broken_rules(Database& database) {
  const auto findings = verify(database);
  if (!findings) return findings.error().detail;
  std::string all;
  for (const std::string& one : findings->broken) all += one + "\n";
  return all;
}

}  // namespace parley::store::embedded
