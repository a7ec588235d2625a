#include "store/mongo/documents.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace parley::store::mongo {

namespace {
bool is_plain(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_utf8(text);
}

chat::Watermark watermark(const View& mark, std::string_view seq, std::string_view version,
                          std::string_view at) {
  return {mark.count(seq).value_or(0), mark.count(version).value_or(0),
          mark.time(at).value_or(Time{})};
}

void read_marks(const View& document, Member& member) {
  const auto mark = document.document("parley.marks." + member.user.hex());
  if (!mark) return;
  member.delivered = watermark(*mark, "d", "dv", "dAt");
  member.read = watermark(*mark, "r", "rv", "rAt");
  member.sent_at_read = mark->integer("sent").value_or(0);
}

void read_tail(const View& tail, Head& head) {
  head.last_id = tail.id<chat::MessageId>("id").value_or(chat::MessageId{});
  head.last_seq = tail.count("seq").value_or(0);
  head.last_version = tail.count("version").value_or(0);
  head.last_at = tail.time("at").value_or(Time{});
  const auto sent = tail.document("sent");
  if (!sent) return;
  for (Member& member : head.members) member.sent = sent->count(member.user.hex()).value_or(0);
}

bool read_participants(const View& document, Head& head) {
  const auto participants = document.document("participants");
  if (!participants) return false;
  bool good = true;
  participants->each([&](std::string_view, const Value& one) {
    const auto user = one.id<chat::UserId>();
    if (user) head.members.push_back({{}, *user});
    good = good && user.has_value();
  });
  std::sort(head.members.begin(), head.members.end(),
            [](const Member& a, const Member& b) { return a.user < b.user; });
  return good && !head.members.empty();
}

bool was_touched(const View& document, const FoundHead& found) {
  const auto last = document.time("lastMessageAt");
  if (last && (found.head.last_seq == 0 || *last != found.head.last_at)) return true;
  for (std::size_t i = 0; i < found.unread.size(); ++i) {
    if (found.unread[i] == 0 && found.head.unread(i) > 0) return true;
  }
  return false;
}
}  // namespace

void set_text(Document& document, std::string_view name, std::string_view text) {
  if (is_plain(text)) {
    document.set(name, text);
    return;
  }
  bson_append_binary(document.bson(), name.data(), static_cast<int>(name.size()),
                     BSON_SUBTYPE_BINARY, reinterpret_cast<const std::uint8_t*>(text.data()),
                     static_cast<std::uint32_t>(text.size()));
}

std::optional<std::string> text_of(const Value& value) {
  if (const auto text = value.text()) return std::string(*text);
  if (!value.is_there() || bson_iter_type(&value.iterator()) != BSON_TYPE_BINARY)
    return std::nullopt;
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  bson_subtype_t subtype{};
  bson_iter_binary(&value.iterator(), &subtype, &size, &bytes);
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

SentCounts Found::sent_counts(const Head& head) const {
  SentCounts counts;
  for (const Member& member : head.members) {
    const auto found = std::find_if(sent.begin(), sent.end(),
                                    [&](const auto& one) { return one.first == member.user; });
    counts.push_back(found == sent.end() ? 0 : found->second);
  }
  return counts;
}

std::optional<Found> message_from(View document) {
  const auto id = document.id<chat::MessageId>("_id");
  const auto conversation = document.id<chat::ConversationId>("conversationId");
  const auto sender = document.id<chat::UserId>("sender");
  const auto receiver = document.id<chat::UserId>("receiver");
  if (!id || !conversation || !sender || !receiver) return std::nullopt;
  Found found;
  chat::Message& message = found.message;
  message.id = *id;
  message.conversation_id = *conversation;
  message.sender = *sender;
  message.receiver = *receiver;
  message.content = text_of(document.at("content")).value_or("");
  message.seq = document.count("seq").value_or(0);
  message.version = document.count("version").value_or(0);
  message.client_id = text_of(document.at("clientId"));
  message.created_at = document.time("createdAt").value_or(Time{});
  message.delivered_at = document.time("deliveredAt");
  message.read_at = document.time("readAt");
  // Node servers have set a status without its time.
  const auto status = document.text("status").value_or("sent");
  const Time updated = document.time("updatedAt").value_or(message.created_at);
  if (status == "read" && !message.read_at) message.read_at = updated;
  if (status == "delivered" && !message.delivered_at) message.delivered_at = updated;
  if (message.read_at && !message.delivered_at) message.delivered_at = message.read_at;
  if (const auto sent = document.document("sent")) {
    sent->each([&](std::string_view name, const Value& count) {
      if (const auto user = chat::UserId::parse(name))
        found.sent.emplace_back(*user, count.count().value_or(0));
    });
  }
  return found;
}

Document to_document(const SentCounts& sent, const Head& head) {
  Document counts;
  for (std::size_t i = 0; i < head.members.size() && i < sent.size(); ++i)
    counts.set(head.members[i].user.hex(), sent[i]);
  return counts;
}

Document to_document(const Placed& placed, const Head& head) {
  const chat::Message& message = placed.message;
  Document document;
  document.set("_id", message.id)
      .set("sender", message.sender)
      .set("receiver", message.receiver)
      .set("conversationId", message.conversation_id);
  set_text(document, "content", message.content);
  document.set("status", chat::to_string(message.status()))
      .set("deliveredAt", message.delivered_at)
      .set("readAt", message.read_at)
      .set("createdAt", message.created_at)
      .set("updatedAt", message.updated_at())
      .set("__v", 0)
      .set("seq", message.seq)
      .set("version", message.version);
  if (message.client_id) set_text(document, "clientId", *message.client_id);
  document.set("sent", to_document(placed.sent, head));
  return document;
}

std::optional<FoundHead> head_from(View document) {
  FoundHead found;
  Head& head = found.head;
  const auto id = document.id<chat::ConversationId>("_id");
  if (!id || !read_participants(document, head)) return std::nullopt;
  head.id = *id;
  head.created_at = document.time("createdAt").value_or(Time{});
  if (const auto pair = document.text("pair")) found.pair = std::string(*pair);
  for (Member& member : head.members) {
    read_marks(document, member);
    found.unread.push_back(document.integer("unreadCount." + member.user.hex()));
  }
  const auto tail = document.document("parley.tail");
  found.is_ours = tail.has_value();
  if (tail) read_tail(*tail, head);
  found.is_stale = !tail || was_touched(document, found);
  return found;
}

Document new_conversation(const Head& head) {
  Array participants;
  Document none;
  for (const Member& member : head.members) {
    participants.add(member.user);
    none.set(member.user.hex(), 0);
  }
  Document tail, parley, document;
  tail.set("seq", std::int64_t{0}).set("version", std::int64_t{0}).set("sent", none);
  parley.set("tail", tail).set("v", std::int64_t{0});
  document.set("_id", head.id)
      .set("participants", participants)
      .set("unreadCount", none)
      .set("createdAt", head.created_at)
      .set("updatedAt", head.created_at)
      .set("__v", 0);
  if (head.members.size() == 2)
    document.set("pair", pair_key(head.members[0].user, head.members[1].user));
  document.set("parley", parley);
  return document;
}

std::string pair_key(chat::UserId one, chat::UserId other) {
  return std::min(one, other).hex() + ":" + std::max(one, other).hex();
}

Document below(chat::Seq seq) {
  Document at_least, document;
  at_least.set("$gte", seq);
  document.set("$not", at_least);
  return document;
}

}  // namespace parley::store::mongo
