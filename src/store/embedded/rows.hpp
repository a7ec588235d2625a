#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/embedded/engine.hpp"
#include "store/embedded/records.hpp"

namespace parley::store::embedded {

class Rows;

/// Walks rows forward while their keys begin with a prefix.
class Scan {
 public:
  Scan(Rows& rows, rocksdb::Iterator& at, std::string_view from, std::size_t prefix_length);

  /// False behind the last row, and where a row could not be read: that is an error of the Rows,
  /// not the end.
  bool valid() const;
  void next() { at_->Next(); }
  /// Borrow until the next move.
  std::string_view key() const { return {at_->key().data(), at_->key().size()}; }
  std::string_view value() const { return {at_->value().data(), at_->value().size()}; }
  /// The key without the prefix.
  std::string_view rest() const { return key().substr(prefix_.size()); }

 private:
  Rows* rows_;
  rocksdb::Iterator* at_;
  std::string prefix_;
};

/// Typed reads. The first one that fails sticks in `error`, and what it asked for is absent: a
/// caller reads all it needs, looks at `error` once, and decides or writes after that. One thread.
class Rows {
 public:
  explicit Rows(Engine& engine) : engine_(&engine) {}
  virtual ~Rows() = default;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  const std::optional<Error>& error() const { return error_; }

  std::optional<chat::Account> account(chat::UserId id);
  std::optional<chat::UserId> account_by_email(std::string_view folded);
  std::optional<Time> last_seen(chat::UserId id);
  std::optional<FamilyRecord> family(chat::FamilyId id);
  std::optional<Head> head(chat::ConversationId id);
  /// A place that `head` claims to have: absent means corrupt.
  std::optional<MessageRecord> message(const Head& head, chat::Seq seq);
  std::optional<Location> location(chat::MessageId id);
  std::optional<IdempotencyRecord> sent_before(chat::UserId sender, std::string_view client_id);
  std::optional<chat::ConversationId> conversation_of(chat::UserId one, chat::UserId other);

  /// Sets delivered_at and read_at of messages of one conversation, which are in the order of their
  /// seq and close together: the advances between them are walked over.
  void fill_times(const Head& head, std::span<chat::Message> messages);

  /// Rows from `from` on that share its first `prefix_length` bytes. One scan a table at a time.
  Scan scan(const Key& from, std::size_t prefix_length);
  Scan scan(const Key& prefix) { return scan(prefix, prefix.bytes.size()); }

  bool get(const Key& key, std::string& value);
  void set_error(Error error);

 protected:
  virtual rocksdb::Status fetch(const Key& key, std::string& value) = 0;
  virtual const rocksdb::ReadOptions& read_options() const = 0;
  /// The first advance at or after `seq` that is decided and not yet written.
  virtual std::optional<Time> unwritten_advance(const Head&, Member, Mark, chat::Seq) {
    return std::nullopt;
  }

  Engine& engine() { return *engine_; }
  void clear_error() { error_.reset(); }
  void drop_iterators();

 private:
  template <class Record>
  std::optional<Record> find(const Key& key, std::optional<Record> (*decode)(std::string_view));
  void fill_times(const Head& head, Member member, Mark mark, std::span<chat::Message> messages);

  Engine* engine_;
  std::optional<Error> error_;
  std::unique_ptr<rocksdb::Iterator> iterators_[2];
};

/// The store as it was at one moment.
class View final : public Rows {
 public:
  explicit View(Engine& engine);
  ~View() override;

  const rocksdb::Snapshot* snapshot() const { return snapshot_; }
  /// Every change up to this one is seen, none after it.
  chat::Version version();
  /// Heads of the user's conversations, in no useful order.
  std::vector<Head> heads_of(chat::UserId user);

 private:
  rocksdb::Status fetch(const Key& key, std::string& value) override;
  const rocksdb::ReadOptions& read_options() const override { return options_; }
  void add_heads(const std::vector<chat::ConversationId>& ids, std::vector<Head>& heads);

  const rocksdb::Snapshot* snapshot_;
  rocksdb::ReadOptions options_;
};

}  // namespace parley::store::embedded
