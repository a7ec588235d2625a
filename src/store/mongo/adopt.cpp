#include "store/mongo/adopt.hpp"

#include <algorithm>
#include <optional>

namespace parley::store::mongo {

namespace {
/// Times that others may take the place before us.
constexpr int max_losses = 64;

/// One conversation on its way to be ours.
class Adoption {
 public:
  Adoption(Lease& lease, Context& context, chat::ConversationId id)
      : lease_(lease), context_(context), id_(id) {}

  Result<Adopted> run() {
    if (auto found = reload(); !found) return std::move(found).error();
    while (losses_ < max_losses) {
      auto more = number_some();
      if (!more) return std::move(more).error();
      if (!*more) return finish();
    }
    return fail(Errc::unavailable, "a conversation changes too fast to be adopted");
  }

 private:
  Result<Done> reload() {
    Document filter;
    filter.set("_id", id_);
    auto document = lease_.find_one(conversations_collection, filter);
    if (!document) return std::move(document).error();
    auto found = *document ? head_from(**document) : std::nullopt;
    if (!found) return fail(Errc::not_found, "Conversation not found");
    found_ = std::move(*found);
    return Done{};
  }

  /// The newest message that has a place; the head's tail becomes that one.
  Result<Done> find_tail() {
    Document filter, placed, options, sort;
    placed.set("$gt", std::int64_t{0});
    filter.set("conversationId", id_).set("seq", placed);
    sort.set("seq", -1);
    options.set("sort", sort);
    auto document = lease_.find_one(messages_collection, filter, options);
    if (!document) return std::move(document).error();
    auto last = *document ? message_from(**document) : std::nullopt;
    Head& head = found_.head;
    const SentCounts sent = last ? last->sent_counts(head) : SentCounts(head.members.size());
    if (last) {
      head.follow(last->message);
      last_text_ = last->message.content;
    } else {
      head.last_seq = 0;
    }
    for (std::size_t i = 0; i < head.members.size(); ++i) head.members[i].sent = sent[i];
    return Done{};
  }

  /// What each has been sent by others.
  static SentCounts others(const Head& head) {
    SentCounts counts;
    for (const Member& one : head.members)
      counts.push_back(head.last_seq - std::min(one.sent, head.last_seq));
    return counts;
  }

  /// Messages of ours that the document does not count yet.
  void count_unrecorded(const SentCounts& before) {
    const SentCounts now = others(found_.head);
    for (std::size_t i = 0; i < now.size(); ++i)
      unrecorded_.push_back(
          found_.is_ours && now[i] > before[i] ? static_cast<std::int64_t>(now[i] - before[i]) : 0);
  }

  /// The next ones get their places. False: all have theirs.
  Result<bool> number_some() {
    // The tail first: whoever takes a place in between makes our first update a duplicate.
    const SentCounts before = others(found_.head);
    if (auto tail = find_tail(); !tail) return std::move(tail).error();
    if (unrecorded_.empty()) count_unrecorded(before);
    Document filter, absent, is_id, options, sort;
    absent.set("$exists", false);
    is_id.set("$type", "objectId");
    filter.set("conversationId", id_).set("seq", absent);
    // What nobody can have written stays without a place, however much of it there is.
    for (const char* name : {"_id", "sender", "receiver"}) filter.set(name, is_id);
    sort.set("createdAt", 1).set("_id", 1);
    options.set("sort", sort).set("limit", std::int64_t{ordered_max});
    auto documents = lease_.find(messages_collection, filter, options);
    if (!documents) return std::move(documents).error();
    if (documents->empty()) return false;
    std::vector<Update> updates;
    for (const Document& document : *documents) {
      if (auto message = message_from(document)) updates.push_back(place(message->message));
    }
    if (updates.empty()) return false;
    auto written = lease_.bulk(messages_collection, updates, Order::ordered);
    if (!written) return std::move(written).error();
    adopted_.messages += static_cast<std::uint64_t>(written->modified);
    losses_ += !written->errors.empty();
    return true;
  }

  Update place(chat::Message& message) {
    Head& head = found_.head;
    message.seq = head.last_seq + 1;
    message.version = version_for(message);
    head.follow(message);
    Update update;
    Document set, absent;
    set.set("seq", message.seq)
        .set("version", message.version)
        .set("sent", to_document(head.sent(), head));
    absent.set("$exists", false);
    update.filter.set("_id", message.id).set("seq", absent);
    update.change.set("$set", set);
    const chat::Version horizon = context_.horizon();
    if (message.version > horizon && !young_) young_ = horizon;
    return update;
  }

  /// The young ones as they are stored: another node may have given some of them other places, and
  /// those before them in the conversation may not have been told here.
  Result<Done> tell_young() {
    if (!young_) return Done{};
    Document filter, newer, options, sort;
    newer.set("$gt", *young_);
    filter.set("conversationId", id_).set("version", newer);
    sort.set("seq", 1);
    options.set("sort", sort);
    return lease_.each(messages_collection, filter, options, [this](View document) {
      auto found = message_from(document);
      if (!found || found->message.seq == 0) return true;
      const Head& head = found_.head;
      head.complete(found->message);
      auto unread = head.unread_at(found->message.seq, found->sent_counts(head));
      changes_.push_back(chat::MessageAppended{std::move(found->message), std::move(unread)});
      return true;
    });
  }

  /// What is new to devices gets a version of now. What was there before anything was ours, one of
  /// its own time, unless that is still to come: all versions after it would be ahead of time.
  chat::Version version_for(const chat::Message& message) {
    if (found_.is_ours) return context_.next_version();
    constexpr chat::Version step = 1u << 12;
    // The id's counter in the place of ours: imports have many messages of one millisecond.
    const auto& id = message.id.bytes;
    const chat::Version count = (id[9] << 16 | id[10] << 8 | id[11]) & ((1u << 22) - 1);
    const chat::Version own =
        VersionClock::floor_of(std::min(message.created_at, context_.now())) | count;
    return std::max(own, found_.head.last_version + step);
  }

  /// The newest message to `receiver` behind `above` whose status is one of `statuses`.
  Result<std::optional<Found>> newest(chat::UserId receiver, chat::Seq above,
                                      std::initializer_list<const char*> statuses) {
    Array any;
    for (const char* status : statuses) any.add(std::string_view{status});
    Document filter, status, behind, options, sort;
    status.set("$in", any);
    behind.set("$gt", above);
    filter.set("conversationId", id_)
        .set("receiver", receiver)
        .set("seq", behind)
        .set("status", status);
    sort.set("seq", -1);
    options.set("sort", sort);
    auto document = lease_.find_one(messages_collection, filter, options);
    if (!document) return std::move(document).error();
    return *document ? message_from(**document) : std::nullopt;
  }

  Result<Done> move_marks() {
    Head& head = found_.head;
    const std::vector<Member> members = head.members;
    for (const Member& one : members) {
      auto read = newest(one.user, one.read.seq, {"read"});
      if (!read) return std::move(read).error();
      if (*read) move_read(one.user, **read);
      const chat::Seq reached = head.members[*head.member(one.user)].delivered.seq;
      auto delivered = newest(one.user, reached, {"delivered"});
      if (!delivered) return std::move(delivered).error();
      if (*delivered) move_delivered(one.user, **delivered);
    }
    return Done{};
  }

  chat::Version mark_version(const chat::Message& message) {
    return found_.is_ours ? context_.next_version() : message.version;
  }

  void move_read(chat::UserId user, const Found& found) {
    const chat::Message& message = found.message;
    const Location location{id_, message.seq, message.sender, found.sent_counts(found_.head)};
    auto move =
        found_.head.read(user, message.id, location, *message.read_at, mark_version(message));
    if (move && *move) keep(std::move(**move));
  }

  void move_delivered(chat::UserId user, const Found& found) {
    const chat::Message& message = found.message;
    const chat::DeliveryMark mark{user, id_, message.id, message.sender, message.seq};
    auto move = found_.head.deliver(mark, *message.delivered_at, mark_version(message));
    if (move) keep(std::move(*move));
  }

  void keep(Move move) {
    if (found_.is_ours) changes_.push_back(move.change);
    add_move(updates_, move, found_.head, false);
    add_receipts(receipts_, move);
    ++adopted_.moves;
  }

  /// A Node server may count fewer as unread than statuses say: so do we, then.
  void take_counts() {
    Head& head = found_.head;
    for (std::size_t i = 0; i < head.members.size(); ++i) {
      if (!found_.unread[i] || *found_.unread[i] < 0) continue;
      const auto ours = static_cast<std::int64_t>(head.unread(i));
      const std::int64_t theirs = *found_.unread[i] + unrecorded_[i];
      if (theirs >= ours) continue;
      head.members[i].sent_at_read -= ours - theirs;
      const std::string mark = "parley.marks." + head.members[i].user.hex();
      Document further, not_further, set;
      further.set("$gt", head.members[i].read.seq);
      not_further.set("$not", further);
      set.set(mark + ".sent", head.members[i].sent_at_read);
      Update update;
      update.filter.set("_id", id_).set(mark + ".r", not_further);
      update.change.set("$set", set);
      updates_.push_back(std::move(update));
    }
  }

  void complete_tail() {
    const Head& head = found_.head;
    Update update;
    if (head.last_seq > 0) {
      update = tail_update(head, last_text_, nullptr);
      Document further, not_further, filter;
      further.set("$gt", head.last_seq);
      not_further.set("$not", further);
      filter.set("_id", id_).set("parley.tail.seq", not_further);
      update.filter = std::move(filter);
    } else {
      // No messages, or none that are left.
      Document set, unset;
      set.set("parley.tail.seq", std::int64_t{0}).set("parley.v", std::int64_t{0});
      unset.set("lastMessageAt", 1);
      update.filter.set("_id", id_).set("parley.tail.seq", below(1));
      update.change.set("$set", set).set("$unset", unset);
    }
    updates_.push_back(std::move(update));
  }

  void complete_pair() {
    const Head& head = found_.head;
    if (found_.pair || head.members.size() != 2) return;
    Update update;
    Document set;
    set.set("pair", pair_key(head.members[0].user, head.members[1].user));
    update.filter.set("_id", id_);
    update.change.set("$set", set);
    updates_.push_back(std::move(update));  // A duplicate: the pair has another one already.
  }

  Result<Adopted> finish() {
    if (auto told = tell_young(); !told) return std::move(told).error();
    if (auto moved = move_marks(); !moved) return std::move(moved).error();
    take_counts();
    complete_tail();
    complete_pair();
    if (auto done = lease_.bulk(conversations_collection, updates_, Order::unordered); !done)
      return std::move(done).error();
    if (!receipts_.empty()) {
      if (auto done = lease_.bulk(messages_collection, receipts_, Order::unordered); !done)
        return std::move(done).error();
    }
    context_.stats.adopted_messages.fetch_add(adopted_.messages, std::memory_order_relaxed);
    if (!changes_.empty()) context_.feed.publish(std::move(changes_));
    return adopted_;
  }

  Lease& lease_;
  Context& context_;
  const chat::ConversationId id_;
  FoundHead found_;
  std::string last_text_;
  std::vector<std::int64_t> unrecorded_;
  std::optional<chat::Version> young_;  ///< What is above it is told; nullopt: all is old.
  std::vector<chat::Change> changes_;
  std::vector<Update> updates_;
  std::vector<Update> receipts_;
  Adopted adopted_;
  int losses_ = 0;
};
}  // namespace

Result<Adopted> adopt(Lease& lease, Context& context, chat::ConversationId id) {
  return Adoption(lease, context, id).run();
}

}  // namespace parley::store::mongo
