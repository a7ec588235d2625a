#pragma once

#include <condition_variable>
#include <thread>

#include "store/mongo/cache.hpp"
#include "store/mongo/operation.hpp"

namespace parley::store::mongo {

/// The one thread of a node that writes conversations and messages: takes all that waits, and in a
/// few commands for all of it decides, inserts, updates; publishes; completes. Nothing waits for
/// company. Any thread submits. Source: ADR 0006.
class Writer {
 public:
  Writer(Context& context, Client& client);
  /// Closes.
  ~Writer();

  /// When the queue is full or closed the operation fails with overloaded or closed, and still
  /// completes on its executor, never in this call.
  void submit(OperationPtr operation);
  /// Asks for a conversation's document to be completed from its messages. Soon, at most once.
  void repair(chat::ConversationId conversation);
  /// Finishes what is queued (or gives it up, at the latest when the client closes), then ends the
  /// thread.
  void close();

 private:
  void run();
  bool take(Operations& waiting);
  Operations execute(Operations batch);
  void refuse(OperationPtr operation, const Error& error);
  void report(const Error& failure, std::size_t operations);

  Context& context_;
  Client& client_;
  Cache cache_;
  std::optional<SteadyTime> reported_;  ///< When a failure was last logged.
  std::vector<Update> unwritten_;       ///< Receipts of messages that a round could not write.

  std::mutex mutex_;
  std::condition_variable arrived_;
  Operations queue_;
  bool closed_ = false;

  std::thread thread_;
};

}  // namespace parley::store::mongo
