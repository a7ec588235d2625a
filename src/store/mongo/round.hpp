#pragma once

#include <functional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "store/mongo/cache.hpp"
#include "store/mongo/load.hpp"
#include "store/mongo/operation.hpp"

namespace parley::store::mongo {

/// One group of writes from start to end. A step that the database does not answer is repeated
/// until the deadline: every message keeps its _id, so an insert that had worked after all is
/// found. In parts: round.cpp (the order of steps), round_resolve.cpp (which conversation),
/// round_insert.cpp (messages: the commit point), round_marks.cpp (watermarks), round_record.cpp
/// (what conversations and old messages say).
class Round {
 public:
  /// `unwritten`: receipts that earlier rounds left over; takes its own there.
  Round(Context& context, Cache& cache, Lease& lease, SteadyTime deadline,
        std::vector<Update>& unwritten);

  /// Afterwards every operation has its answer, but for messages to conversations in which another
  /// node was faster: they come first in the next round. Gives what is to be published, by version.
  std::vector<chat::Change> run(std::span<OperationPtr> operations);
  /// Why something of it was not written; nullopt: all was.
  const std::optional<Error>& failure() const { return failure_; }
  /// Conversations whose documents do not say what is stored, because the database went away.
  const std::vector<chat::ConversationId>& unrecorded() const { return unrecorded_; }

 private:
  /// A message on its way.
  struct Pending {
    AppendWork* work = nullptr;
    chat::MessageId id;
    std::optional<chat::ConversationId> conversation;
    std::optional<Placed> placed;
    const Pending* twin = nullptr;  ///< An open one with the same client id, which goes ahead.

    void answer(Error error) { work->answer.emplace(std::move(error)); }
  };
  using Refs = std::vector<Pending*>;
  using Ids = std::vector<chat::ConversationId>;
  using Pair = std::pair<chat::UserId, chat::UserId>;
  struct Moved {
    Move move;
    std::size_t operation = 0;
    bool is_dropped = false;  ///< Another node has moved it as far, or the database has refused it.
  };
  enum class Newer { recent, all };
  /// What the feed has told of a conversation.
  struct Heard {
    chat::Seq seq = 0;         ///< All up to it.
    bool is_followed = false;  ///< It would have told of what is behind it, too.
  };
  using HeardOf = std::unordered_map<chat::ConversationId, Heard>;

  void sort(std::span<OperationPtr> operations);
  Result<Done> insist(const std::function<Result<Done>()>& step);
  Result<std::vector<Document>> find(std::string_view collection, const Document& filter,
                                     const Document& options = {});
  Result<Written> bulk(std::string_view collection, std::span<const Update> updates);
  void append_all();
  bool is_contested(const Pending& one) const;
  bool is_open(const Pending& one) const;
  Result<Done> read_contested();

  CachedHead* head(chat::ConversationId id);
  void doubt(chat::ConversationId id);
  Result<Done> load(Ids ids, Newer newer);
  Heard heard_of(chat::ConversationId id);
  Result<Done> read_newer(const std::vector<Head>& heads, const HeardOf& heard, Newer newer);
  void take_newer(View document, const HeardOf& heard, std::vector<Update>& renewed);
  bool is_passed_over(const chat::Message& message, const CachedHead& cached) const;
  Result<Done> write_renewed(const std::vector<Update>& renewed);
  bool is_untold(const chat::Message& message, const Heard& heard) const;

  void hold_twins();
  Result<Done> resolve();
  Refs unresolved();
  Result<Done> take_pairs(const Document& filter);
  Result<Done> resolve_by_pair();
  Result<Done> resolve_duplicates();
  Result<Done> check_receivers();
  Result<Done> resolve_legacy();
  Result<Done> create_conversations();

  Result<Done> insert_some();
  void place();
  Refs choose(Order& order);
  Result<Done> settle(const Refs& sent, const Written& written, Order order);
  void commit(Pending& one);
  Result<Done> settle_refused(const Refs& refused);
  Result<std::vector<Found>> find_firsts(const Refs& asked);
  Result<Done> answer_with(const std::vector<std::pair<Pending*, Found>>& matches);
  void unplace(chat::ConversationId id);

  Result<Done> prepare_marks();
  Result<Done> locate();
  Result<Done> find_locations(const std::vector<chat::MessageId>& ids);
  Ids marked() const;
  void decide();
  void deliver(DeliverWork& work, std::size_t operation);
  void read(ReadWork& work, std::size_t operation);
  void keep(Move move, std::size_t operation);

  void record();
  Result<Done> write_conversations();
  Ids refusals(const std::vector<Update>& updates, const Written& written);
  Result<Done> mend(const Ids& refused);
  Result<Done> verify();
  Result<Done> verify(const FoundHead& found, std::vector<Update>& updates);
  void verify_moves(const FoundHead& found);
  void recount(const Head& found, Head& head, std::vector<Update>& updates);
  void fail_moves(const Error& error);
  std::vector<Moved> coalesced(bool by_time) const;
  void write_receipts();

  Context& context_;
  Cache& cache_;
  Lease& lease_;
  const SteadyTime started_;
  const SteadyTime deadline_;
  std::vector<Update>& unwritten_;

  std::span<OperationPtr> operations_;
  std::vector<Pending> pending_;
  std::vector<std::size_t> marks_;  ///< Operations that move watermarks, in order.
  Ids repairs_;
  std::unordered_map<chat::MessageId, Found> located_;

  std::unordered_set<chat::ConversationId> used_;       ///< Heads that this round stands on.
  std::unordered_set<chat::ConversationId> touched_;    ///< Whose tail is to be recorded.
  std::unordered_set<chat::ConversationId> contested_;  ///< Where another node was faster.
  std::vector<Moved> moves_;
  Ids unrecorded_;
  std::vector<chat::Change> changes_;
  std::optional<Error> failure_;
};

}  // namespace parley::store::mongo
