#include "store/mongo/head.hpp"

#include <algorithm>

namespace parley::store::mongo {

namespace {
/// A watermark's time never goes back, or a message would have been read before the one it follows.
Time not_before(const Reached& before, Time now) {
  return before.seq > 0 ? std::max(before.at, now) : now;
}

/// Messages of others among `seq`, of which `sent` are one's own, behind a watermark.
std::uint64_t unread_of(const Member& member, chat::Seq seq, std::uint64_t sent) {
  const auto others = static_cast<std::int64_t>(seq) - static_cast<std::int64_t>(sent);
  const auto read = static_cast<std::int64_t>(member.read.seq) - member.sent_at_read;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(others - read, 0));
}
}  // namespace

std::optional<std::size_t> Head::member(chat::UserId user) const {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].user == user) return i;
  }
  return std::nullopt;
}

std::uint64_t Head::unread(std::size_t member) const {
  return unread_of(members[member], last_seq, members[member].sent);
}

std::vector<chat::Unread> Head::unread_at(chat::Seq seq, const SentCounts& sent) const {
  std::vector<chat::Unread> all;
  all.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i)
    all.push_back({members[i].user, unread_of(members[i], seq, i < sent.size() ? sent[i] : 0)});
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
  for (const Member& one : members)
    newest = std::max({newest, one.delivered.version, one.read.version});
  return newest;
}

chat::Conversation Head::conversation() const {
  chat::Conversation all{id, {}, created_at};
  for (const Member& one : members) all.participants.push_back(one.user);
  return all;
}

chat::Receipt Head::receipt(std::size_t member) const {
  const Member& one = members[member];
  chat::Receipt receipt{id, one.user, one.delivered.seq, one.read.seq, {}, {}};
  if (one.delivered.seq > 0) receipt.delivered_at = one.delivered.at;
  if (one.read.seq > 0) receipt.read_at = one.read.at;
  return receipt;
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
  const Reached before = one.delivered;
  one.delivered = {mark.seq, not_before(one.delivered, now), version};
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
  const Time at = std::max(not_before(one.read, now), not_before(one.delivered, now));
  one.read = {location.seq, at, version};
  move.read = one.read;
  if (one.delivered.seq < location.seq) move.delivered = one.delivered = one.read;
  one.sent_at_read =
      *found < location.sent.size() ? static_cast<std::int64_t>(location.sent[*found]) : 0;
  move.sent_at_read = one.sent_at_read;
  move.change = chat::MessagesRead{
      id, message, location.seq, reader, conversation().participants, unread(*found), at, version};
  return std::optional<Move>{std::move(move)};
}

void Head::follow(const chat::MessageDelivered& delivered) {
  const auto found = member(delivered.receiver);
  if (!found || delivered.seq <= members[*found].delivered.seq) return;
  members[*found].delivered = {delivered.seq, delivered.at, delivered.version};
}

void Head::follow(const chat::MessagesRead& read, const Location& location) {
  const auto found = member(read.reader);
  if (!found || read.seq <= members[*found].read.seq) return;
  Member& one = members[*found];
  one.read = {read.seq, read.at, read.version};
  if (one.delivered.seq < read.seq) one.delivered = one.read;
  one.sent_at_read =
      *found < location.sent.size() ? static_cast<std::int64_t>(location.sent[*found]) : 0;
}

}  // namespace parley::store::mongo
