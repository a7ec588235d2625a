#pragma once

#include <optional>
#include <vector>

#include "base/result.hpp"
#include "chat/change.hpp"
#include "chat/ports/receipt_store.hpp"
#include "chat/watermarks.hpp"

namespace parley::store::mongo {

/// How many messages each participant had sent, in the order of Head::members.
using SentCounts = std::vector<std::uint64_t>;

/// One participant's part of a conversation. sent_at_read is below zero where a Node server counted
/// older messages as read whose status says otherwise.
struct Member : chat::Watermarks {
  chat::UserId user;

  friend bool operator==(const Member&, const Member&) = default;
};

/// A message with its place, ready to be stored.
struct Placed {
  chat::Message message;
  SentCounts sent;  ///< Up to it.
  std::vector<chat::Unread> unread;
};

/// Where a message is, and who may read it: what a receipt needs to know of it.
struct Location {
  chat::ConversationId conversation;
  chat::Seq seq = 0;
  chat::UserId sender;
  SentCounts sent;

  /// By one of Head::members, up to it; 0 where that is not known.
  std::uint64_t sent_by(std::size_t member) const {
    return member < sent.size() ? sent[member] : 0;
  }
};

/// A watermark that moves (both, when reading is also receiving).
struct Move {
  chat::ConversationId conversation;
  chat::UserId user;
  std::optional<chat::Watermark> delivered;
  std::optional<chat::Watermark> read;
  chat::Watermark delivered_before;  ///< Where it stood.
  chat::Seq read_from = 0;
  std::int64_t sent_at_read = 0;
  chat::Change change;  ///< What is published.
};

/// A conversation as its document has it: all that a write has to decide on. Plain values, no
/// database: the writer's decisions are its functions. Each changes the head as if it were done; a
/// write that fails forgets the head.
struct Head {
  chat::ConversationId id;
  Time created_at;
  std::vector<Member> members;  ///< By user id.
  chat::MessageId last_id;
  chat::Seq last_seq = 0;
  chat::Version last_version = 0;
  Time last_at;

  /// Index into members; nullopt: takes no part.
  std::optional<std::size_t> member(chat::UserId user) const;
  std::uint64_t unread(std::size_t member) const;
  /// Of the moment right after the message that has `seq` and `sent`.
  std::vector<chat::Unread> unread_at(chat::Seq seq, const SentCounts& sent) const;
  SentCounts sent() const;
  /// The greatest version that anything in it has.
  chat::Version changed() const;

  chat::Conversation conversation() const;
  chat::Receipt receipt(std::size_t member) const;
  /// Gives a message the status that the watermarks say, where its own lags behind. True when it
  /// did.
  bool complete(chat::Message& message) const;

  /// The next place, for a message of `version`, which is above last_version.
  Placed append(const chat::NewMessage& draft, chat::MessageId id, chat::Version version);
  /// Takes note of a message that is stored: the one after the tail.
  void follow(const chat::Message& message);
  /// nullopt: of nobody here, of nothing there, or known.
  std::optional<Move> deliver(const chat::DeliveryMark& mark, Time now, chat::Version version);
  /// nullopt: read before. not_found, forbidden: see chat::ReceiptStore.
  Result<std::optional<Move>> read(chat::UserId reader, chat::MessageId message,
                                   const Location& location, Time now, chat::Version version);
  /// Takes note of a move that another node made.
  void follow(const chat::MessageDelivered& delivered);
  void follow(const chat::MessagesRead& read, const Location& location);
  /// The watermarks of `stored`, but for those that are further here.
  void take_marks(const Head& stored);

  friend bool operator==(const Head&, const Head&) = default;
};

}  // namespace parley::store::mongo
