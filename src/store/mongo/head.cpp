#include "store/mongo/head.hpp"

#include <algorithm>

namespace parley::store::mongo {

std::optional<std::size_t> Head::member(chat::UserId user) const {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].user == user) return i;
  }
  return std::nullopt;
}

std::uint64_t Head::unread(std::size_t member) const { return members[member].unread(last_seq); }

std::vector<chat::Unread> Head::unread_at(chat::Seq seq, const SentCounts& sent) const {
  std::vector<chat::Unread> all;
  all.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i)
    all.push_back({members[i].user, members[i].unread(seq, i < sent.size() ? sent[i] : 0)});
  return all;
}

SentCounts Head::sent() const {
  SentCounts counts;
  counts.reserve(members.size());
  for (const Member& one : members) counts.push_back(one.sent);
  return counts;
}

chat::Version Head::changed() const {
  chat::Version newest = last_version;
  for (const Member& one : members) newest = std::max(newest, one.changed());
  return newest;
}

chat::Conversation Head::conversation() const {
  chat::Conversation all{id, {}, created_at};
  for (const Member& one : members) all.participants.push_back(one.user);
  return all;
}

chat::Receipt Head::receipt(std::size_t member) const {
  return members[member].receipt(id, members[member].user);
}

bool Head::complete(chat::Message& message) const {
  const auto receiver = member(message.receiver);
  if (!receiver || message.seq == 0) return false;
  const Member& one = members[*receiver];
  bool lagged = false;
  if (message.seq <= one.delivered.seq && !message.delivered_at) {
    message.delivered_at = one.delivered.at;
    lagged = true;
  }
  if (message.seq <= one.read.seq && !message.read_at) {
    message.read_at = one.read.at;
    lagged = true;
  }
  return lagged;
}

Placed Head::append(const chat::NewMessage& draft, chat::MessageId message_id,
                    chat::Version version) {
  Placed placed;
  chat::Message& message = placed.message;
  message.id = message_id;
  message.conversation_id = id;
  message.sender = draft.sender;
  message.receiver = draft.receiver;
  message.content = draft.content;
  message.client_id = draft.client_id;
  message.seq = last_seq + 1;
  message.version = version;
  message.created_at = last_seq > 0 ? std::max(draft.now, last_at) : draft.now;
  follow(message);
  placed.sent = sent();
  placed.unread = unread_at(last_seq, placed.sent);
  return placed;
}

void Head::follow(const chat::Message& message) {
  last_id = message.id;
  last_seq = message.seq;
  last_version = message.version;
  last_at = message.created_at;
  if (const auto sender = member(message.sender)) ++members[*sender].sent;
}

std::optional<Move> Head::deliver(const chat::DeliveryMark& mark, Time now, chat::Version version) {
  const auto found = member(mark.user);
  if (!found || mark.seq > last_seq) return std::nullopt;
  Member& one = members[*found];
  if (mark.seq <= one.delivered.seq) return std::nullopt;
  const chat::Watermark before = one.delivered;
  one.delivered = {mark.seq, version, before.next_time(now)};
  chat::MessageDelivered change{id,        mark.message_id,  mark.seq, mark.sender,
                                mark.user, one.delivered.at, version};
  return Move{id, mark.user, one.delivered, {}, before, one.read.seq, 0, std::move(change)};
}

Result<std::optional<Move>> Head::read(chat::UserId reader, chat::MessageId message,
                                       const Location& location, Time now, chat::Version version) {
  const auto found = member(reader);
  if (!found) return fail(Errc::not_found, "Message not found");
  if (location.sender == reader)
    return fail(Errc::forbidden, "Only the receiver can read a message");
  Member& one = members[*found];
  if (location.seq <= one.read.seq) return std::optional<Move>{};
  Move move{id, reader, {}, {}, one.delivered, one.read.seq, 0, {}};
  const chat::Watermark to{location.seq, version, one.next_read_time(now)};
  move.read = to;
  if (one.delivered.seq < to.seq) move.delivered = to;
  one.move_read(to, location.sent_by(*found));
  move.sent_at_read = one.sent_at_read;
  move.change = chat::MessagesRead{
      id, message, to.seq, reader, conversation().participants, unread(*found), to.at, version};
  return std::optional<Move>{std::move(move)};
}

void Head::follow(const chat::MessageDelivered& delivered) {
  const auto found = member(delivered.receiver);
  if (!found || delivered.seq <= members[*found].delivered.seq) return;
  members[*found].delivered = {delivered.seq, delivered.version, delivered.at};
}

void Head::follow(const chat::MessagesRead& read, const Location& location) {
  const auto found = member(read.reader);
  if (!found || read.seq <= members[*found].read.seq) return;
  const chat::Watermark to{read.seq, read.version, read.at};
  members[*found].move_read(to, location.sent_by(*found));
}

void Head::take_marks(const Head& stored) {
  for (const Member& theirs : stored.members) {
    const auto found = member(theirs.user);
    if (!found) continue;
    Member& one = members[*found];
    if (theirs.delivered.seq >= one.delivered.seq) one.delivered = theirs.delivered;
    if (theirs.read.seq < one.read.seq) continue;
    one.read = theirs.read;
    one.sent_at_read = theirs.sent_at_read;
  }
}

}  // namespace parley::store::mongo
