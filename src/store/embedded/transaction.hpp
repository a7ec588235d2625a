#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/lru.hpp"
#include "base/object_id.hpp"
#include "base/pair_hash.hpp"
#include "chat/change.hpp"
#include "store/embedded/batch.hpp"
#include "store/embedded/config.hpp"
#include "store/embedded/rows.hpp"

namespace parley::store::embedded {

/// What one batch of operations reads, decides and will write: the database with the batch's own
/// rows laid over it, and the caches. Lives on the committer thread, for as long as the store does.
///
/// An operation first reads, then looks at `error`, then writes: what it has put cannot be taken
/// back alone.
class Transaction final : public Rows {
 public:
  /// `error` says when the store's version cannot be read.
  Transaction(Engine& engine, const Config& config);

  /// Before each operation: forgets the read error of the last one.
  void begin_operation() { clear_error(); }

  bool user_exists(chat::UserId id);
  /// nullptr: none such. Valid until the batch ends.
  Head* find_head(chat::ConversationId id);
  /// The pair's conversation, or nullptr; with `error` free, `create_head` may follow.
  Head* find_pair(chat::UserId one, chat::UserId other);
  Head& create_head(chat::UserId one, chat::UserId other, Time now);
  /// The same for a head of two, sorted, that has its id and time.
  Head& add_head(Head head);

  void put(const Key& key, std::string_view value) { batch_.put(key.table, key.bytes, value); }
  void erase(const Key& key) { batch_.erase(key.table, key.bytes); }
  /// The head has changed: its row is written once, at the end.
  void touch(const Head& head) { touched_.insert(head.id); }
  /// Moves a watermark of `head` forward to `seq` and writes down when.
  void advance(Head& head, Member member, Mark mark, chat::Watermark to);
  void know_user(chat::UserId id);

  chat::Version next_version() { return ++version_; }
  chat::Version version() const { return version_; }
  /// Versions from now on are above `version`.
  void raise_version(chat::Version version) { version_ = std::max(version_, version); }
  ObjectId new_id(Time now) { return ids_.next(now); }
  Time now() const { return clock_(); }
  template <class Change>
  void publish(Change change) {
    changes_.emplace_back(std::move(change));
  }
  /// The batch must be on disk before anybody hears of it.
  void require_sync() { sync_ = true; }
  /// Called when this batch is durable, before anybody hears of it; never when it fails. It must
  /// not use the transaction.
  void once_committed(std::function<void()> call) { once_committed_.push_back(std::move(call)); }
  /// How many batches have failed: what was decided in one of them never was.
  std::uint64_t rollbacks() const { return rollbacks_; }
  bool is_empty() const { return batch_.is_empty() && touched_.empty(); }
  bool needs_sync() const { return sync_; }

  /// Writes the batch and forgets it. After an error the caches are empty and the version is back.
  rocksdb::Status commit();
  /// What the batch just committed has changed, in version order. Call once after `commit`.
  std::vector<chat::Change> take_changes();

  /// Rows of one kind that begin with `prefix`, this batch's own included. For short scans.
  std::vector<std::string> keys_with(const Key& prefix);

 private:
  /// Whose watermark, and which of the two.
  struct Line {
    chat::ConversationId conversation;
    Member member;
    Mark mark;
    friend bool operator==(const Line&, const Line&) = default;
  };
  struct Advance {
    Line line;
    chat::Watermark to;
  };
  struct LineHash {
    std::size_t operator()(const Line& line) const {
      return std::hash<chat::ConversationId>()(line.conversation) + 2 * line.member +
             (line.mark == Mark::read);
    }
  };

  rocksdb::Status fetch(const Key& key, std::string& value) override;
  const rocksdb::ReadOptions& read_options() const override { return options_; }
  std::optional<Time> unwritten_advance(const Head& head, Member member, Mark mark,
                                        chat::Seq seq) override;
  void write_touched();
  void forget_batch();

  rocksdb::ReadOptions options_;
  std::function<Time()> clock_;
  ObjectIdSource ids_;
  chat::Version version_ = 0;
  chat::Version committed_version_ = 0;

  Lru<chat::ConversationId, Head> heads_;
  Lru<std::pair<chat::UserId, chat::UserId>, chat::ConversationId, PairHash> pairs_;
  Lru<chat::UserId, Done> users_;

  Batch batch_;
  boost::unordered_flat_set<chat::ConversationId, std::hash<chat::ConversationId>> touched_;
  std::vector<Advance> advances_;
  boost::unordered_flat_map<Line, std::size_t, LineHash> newest_advance_;  ///< Into `advances_`.
  std::vector<chat::Change> changes_;
  std::vector<std::function<void()>> once_committed_;
  std::uint64_t rollbacks_ = 0;
  bool sync_ = false;
};

}  // namespace parley::store::embedded
