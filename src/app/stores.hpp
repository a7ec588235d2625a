#pragma once

#include <functional>
#include <memory>

#include "base/result.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/conversation_store.hpp"
#include "chat/ports/feed.hpp"
#include "chat/ports/message_store.hpp"
#include "chat/ports/operator_store.hpp"
#include "chat/ports/presence_store.hpp"
#include "chat/ports/receipt_store.hpp"
#include "chat/ports/session_store.hpp"
#include "net/shard.hpp"
#include "ops/metrics.hpp"

namespace parley::app {

/// One store behind every storage port of the domain, and what the program must know of it.
class Stores {
 public:
  virtual ~Stores() = default;

  virtual chat::AccountStore& accounts() = 0;
  virtual chat::SessionStore& sessions() = 0;
  virtual chat::MessageStore& messages() = 0;
  virtual chat::ReceiptStore& receipts() = 0;
  virtual chat::ConversationStore& conversations() = 0;
  virtual chat::OperatorStore& operators() = 0;
  virtual chat::Feed& feed() = 0;
  /// Who is connected to this process, for as long as it is the only one.
  virtual std::unique_ptr<chat::PresenceStore> presence(net::Shards& shards) = 0;

  /// The clock of all processes that share the store. Any thread.
  virtual std::function<Time()> clock() const { return wall_now; }
  /// Any thread, without waiting.
  virtual Result<Done> health() const = 0;
  /// Shows what the store counts; it outlives the last use of `metrics`.
  virtual void export_counts(ops::Metrics& metrics) const = 0;
  /// Finishes what it has taken on; the shards still run.
  virtual void close() = 0;
};

}  // namespace parley::app
