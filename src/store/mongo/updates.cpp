#include "store/mongo/updates.hpp"

#include <algorithm>

namespace parley::store::mongo {

namespace {
Document tail_of(const Head& head) {
  Document tail;
  tail.set("seq", head.last_seq)
      .set("version", head.last_version)
      .set("at", head.last_at)
      .set("id", head.last_id)
      .set("sent", to_document(head.sent(), head));
  return tail;
}

std::string mark_name(const Move& move, std::string_view field) {
  return "parley.marks." + move.user.hex() + "." + std::string(field);
}

Update mark_update(const Move& move, std::string_view seq_field, const chat::Watermark& to,
                   Document set) {
  Document newest;
  newest.set("parley.v", to.version);
  Update update;
  update.filter.set("_id", move.conversation).set(mark_name(move, seq_field), below(to.seq));
  update.change.set("$set", set).set("$max", newest);
  return update;
}

Document between(chat::Seq above, chat::Seq up_to) {
  Document range;
  if (above > 0) range.set("$gt", above);
  range.set("$lte", up_to);
  return range;
}

Update receipts(const chat::ConversationId& conversation, const chat::UserId& receiver,
                const Document& range) {
  Update update;
  update.many = true;
  update.filter.set("conversationId", conversation).set("receiver", receiver).set("seq", range);
  return update;
}

void add_delivered(std::vector<Update>& updates, Update update, Time at) {
  update.filter.set("status", "sent");
  Document delivered;
  delivered.set("status", "delivered").set("deliveredAt", at).set("updatedAt", at);
  update.change.set("$set", delivered);
  updates.push_back(std::move(update));
}

/// A message that is read has been delivered, whether or not that has been written.
void add_undelivered(std::vector<Update>& updates, Update update, Time at) {
  Document absent, delivered;
  absent.set("$exists", false);
  update.filter.set("deliveredAt", absent);
  delivered.set("deliveredAt", at);
  update.change.set("$set", delivered);
  updates.push_back(std::move(update));
}

/// Right before and after `add_undelivered` of the same messages.
void add_read(std::vector<Update>& updates, Update update, Time at) {
  Document not_read, read;
  not_read.set("$ne", "read");
  update.filter.set("status", not_read);
  read.set("status", "read").set("readAt", at).set("updatedAt", at);
  update.change.set("$set", read);
  updates.push_back(std::move(update));
}

/// A delivery that another node is still writing down has that delivery's time, not the reading's.
void add_read_move(std::vector<Update>& updates, const Move& move) {
  const auto range = [&move](chat::Seq above, chat::Seq up_to) {
    return receipts(move.conversation, move.user, between(above, up_to));
  };
  const chat::Seq read = move.read->seq, from = move.read_from;
  const chat::Seq delivered = std::min(move.delivered_before.seq, read);
  const Time before = std::min(move.delivered_before.at, move.read->at);
  if (delivered > from) add_undelivered(updates, range(from, delivered), before);
  if (read > delivered)
    add_undelivered(updates, range(std::max(from, delivered), read), move.read->at);
  add_read(updates, range(from, read), move.read->at);
}
}  // namespace

Update tail_update(const Head& head, std::string_view last_message, const Recorded* before) {
  Document set, newest;
  set.set("parley.tail", tail_of(head));
  set_text(set, "lastMessage", last_message);
  set.set("lastMessageAt", head.last_at).set("updatedAt", head.last_at);
  for (std::size_t i = 0; i < head.members.size(); ++i)
    set.set("unreadCount." + head.members[i].user.hex(), head.unread(i));
  newest.set("parley.v", head.changed());
  Update update;
  update.filter.set("_id", head.id).set("parley.tail.seq", below(head.last_seq));
  if (before != nullptr && before->seq > 0) update.filter.set("lastMessageAt", before->at);
  if (before != nullptr && before->seq == 0) update.filter.set("lastMessageAt", nullptr);
  for (std::size_t i = 0; before != nullptr && i < head.members.size(); ++i) {
    const Member& one = head.members[i];
    update.filter.set("parley.marks." + one.user.hex() + ".r", below(one.read.seq + 1));
  }
  update.change.set("$set", set).set("$max", newest);
  return update;
}

void add_move(std::vector<Update>& updates, const Move& move, const Head& head, bool with_count) {
  if (move.delivered) {
    Document set;
    set.set(mark_name(move, "d"), move.delivered->seq)
        .set(mark_name(move, "dAt"), move.delivered->at)
        .set(mark_name(move, "dv"), move.delivered->version);
    updates.push_back(mark_update(move, "d", *move.delivered, std::move(set)));
  }
  if (!move.read) return;
  Document set;
  set.set(mark_name(move, "r"), move.read->seq)
      .set(mark_name(move, "rAt"), move.read->at)
      .set(mark_name(move, "rv"), move.read->version)
      .set(mark_name(move, "sent"), move.sent_at_read);
  updates.push_back(mark_update(move, "r", *move.read, std::move(set)));
  const auto member = head.member(move.user);
  if (with_count && member) updates.push_back(count_update(head, *member));
}

void add_mending(std::vector<Update>& updates, const Head& head) {
  const auto mend = [&](const std::string& member) {
    Document object, other, empty, set;
    object.set("$type", "object");
    other.set("$exists", true).set("$not", object);
    set.set(member, empty);
    Update update;
    update.filter.set("_id", head.id).set(member, other);
    update.change.set("$set", set);
    updates.push_back(std::move(update));
  };
  mend("unreadCount");
  mend("parley.marks");
  for (const Member& one : head.members) mend("parley.marks." + one.user.hex());
}

Update version_update(const chat::Message& message, chat::Version old) {
  Update update;
  Document set;
  set.set("version", message.version);
  update.filter.set("_id", message.id).set("version", below(old + 1));
  update.change.set("$set", set);
  return update;
}

Update count_update(const Head& head, std::size_t member) {
  Update update;
  Document left;
  left.set("unreadCount." + head.members[member].user.hex(), head.unread(member));
  update.filter.set("_id", head.id).set("parley.tail.seq", head.last_seq);
  update.change.set("$set", left);
  return update;
}

void add_receipts(std::vector<Update>& updates, const Move& move) {
  if (move.read) {
    add_read_move(updates, move);
  } else if (move.delivered) {
    const Document range = between(move.delivered_before.seq, move.delivered->seq);
    add_delivered(updates, receipts(move.conversation, move.user, range), move.delivered->at);
  }
}

void add_lagging_receipts(std::vector<Update>& updates, const Head& head) {
  for (const Member& one : head.members) {
    if (one.read.seq > 0) {
      const Update range = receipts(head.id, one.user, between(0, one.read.seq));
      add_undelivered(updates, range, std::min(one.delivered.at, one.read.at));
      add_read(updates, range, one.read.at);
    }
    if (one.delivered.seq > one.read.seq) {
      const Document range = between(one.read.seq, one.delivered.seq);
      add_delivered(updates, receipts(head.id, one.user, range), one.delivered.at);
    }
  }
}

}  // namespace parley::store::mongo
