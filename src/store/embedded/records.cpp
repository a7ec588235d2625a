#include "store/embedded/records.hpp"

#include <algorithm>

#include "store/embedded/bytes.hpp"

namespace parley::store::embedded {

namespace {
constexpr std::uint8_t layout = 1;
constexpr std::size_t max_participants = 255;  // an index is one byte of a key

Bytes begin(std::size_t reserve = 0) {
  Bytes out(reserve);
  out.u8(layout);
  return out;
}
Parser open(std::string_view value) {
  Parser in(value);
  return in.u8() == layout ? in : Parser(std::string_view{});
}

template <class T>
std::optional<T> finish(const Parser& in, T record) {
  return in.finished() ? std::optional<T>(std::move(record)) : std::nullopt;
}

enum MessageFlags : std::uint8_t { has_client_id = 1 };
enum AccountFlags : std::uint8_t {
  has_name = 1,
  has_avatar = 2,
  notifies = 4,
  administers = 8,
  verified = 16,
  is_disabled = 32,
  is_deleted = 64
};

void put(Bytes& out, const chat::Watermark& mark) {
  out.varint(mark.seq).varint(mark.version).time(mark.at);
}
chat::Watermark take_mark(Parser& in) {
  chat::Watermark mark;
  mark.seq = in.varint();
  mark.version = in.varint();
  mark.at = in.time();
  return mark;
}
}  // namespace

std::optional<Member> Head::member(chat::UserId user) const {
  const auto found = std::find(participants.begin(), participants.end(), user);
  if (found == participants.end()) return std::nullopt;
  return static_cast<Member>(found - participants.begin());
}

std::uint64_t Head::unread(Member member) const { return members[member].unread(last_seq); }

chat::Version Head::changed() const {
  chat::Version newest = last_version;
  for (const chat::Watermarks& marks : members) newest = std::max(newest, marks.changed());
  return newest;
}

chat::Conversation Head::conversation() const { return {id, participants, created_at}; }

chat::Message Head::message(chat::Seq seq, MessageRecord record) const {
  chat::Message message;
  message.id = record.id;
  message.conversation_id = id;
  message.sender = participants[record.sender];
  message.receiver = participants[record.sender == 0 ? 1 : 0];
  message.content = std::move(record.content);
  message.seq = seq;
  message.version = record.version;
  message.client_id = std::move(record.client_id);
  message.created_at = record.created_at;
  return message;
}

chat::Receipt Head::receipt(Member member) const {
  return members[member].receipt(id, participants[member]);
}

Bytes encode(const MessageRecord& record) {
  Bytes out = begin(48 + record.content.size() + (record.client_id ? record.client_id->size() : 0));
  out.u8(record.client_id ? has_client_id : 0)
      .varint(record.version)
      .time(record.created_at)
      .id(record.id);
  out.u8(static_cast<std::uint8_t>(record.sender));
  if (record.client_id) out.text(*record.client_id);
  out.varint(record.sent.size());
  for (const std::uint64_t count : record.sent) out.varint(count);
  out.raw(record.content);
  return out;
}

std::optional<MessageRecord> decode_message(std::string_view value) {
  Parser in = open(value);
  MessageRecord record;
  const std::uint8_t flags = in.u8();
  record.version = in.varint();
  record.created_at = in.time();
  record.id = in.id<chat::MessageId>();
  record.sender = in.u8();
  if (flags & has_client_id) record.client_id = std::string(in.text());
  const std::uint64_t members = in.varint();
  if (members > max_participants || record.sender >= members) return std::nullopt;
  record.sent.resize(members);
  for (std::uint64_t& count : record.sent) count = in.varint();
  record.content = std::string(in.rest());
  return finish(in, std::move(record));
}

Bytes encode(const Head& head) {
  Bytes out = begin(48 + head.participants.size() * 48);
  out.time(head.created_at)
      .varint(head.last_seq)
      .varint(head.last_version)
      .time(head.last_created_at);
  out.varint(head.participants.size());
  for (std::size_t i = 0; i < head.participants.size(); ++i) {
    const chat::Watermarks& marks = head.members[i];
    out.id(head.participants[i]).varint(marks.sent);
    out.varint(static_cast<std::uint64_t>(marks.sent_at_read));
    put(out, marks.delivered);
    put(out, marks.read);
  }
  return out;
}

std::optional<Head> decode_head(std::string_view value) {
  Parser in = open(value);
  Head head;
  head.created_at = in.time();
  head.last_seq = in.varint();
  head.last_version = in.varint();
  head.last_created_at = in.time();
  const std::uint64_t members = in.varint();
  if (members < 2 || members > max_participants) return std::nullopt;
  for (std::uint64_t i = 0; i < members; ++i) {
    head.participants.push_back(in.id<chat::UserId>());
    chat::Watermarks marks;
    marks.sent = in.varint();
    marks.sent_at_read = static_cast<std::int64_t>(in.varint());
    marks.delivered = take_mark(in);
    marks.read = take_mark(in);
    head.members.push_back(marks);
  }
  return finish(in, std::move(head));
}

Bytes encode(const Location& location) {
  Bytes out = begin();
  out.id(location.conversation).varint(location.seq);
  return out;
}
std::optional<Location> decode_location(std::string_view value) {
  Parser in = open(value);
  Location location;
  location.conversation = in.id<chat::ConversationId>();
  location.seq = in.varint();
  return finish(in, location);
}

Bytes encode(const WatermarkRecord& record) {
  Bytes out = begin();
  out.time(record.at).varint(record.version);
  return out;
}
std::optional<WatermarkRecord> decode_watermark(std::string_view value) {
  Parser in = open(value);
  WatermarkRecord record;
  record.at = in.time();
  record.version = in.varint();
  return finish(in, record);
}

Bytes encode(const IdempotencyRecord& record) {
  Bytes out = begin();
  out.time(record.at).id(record.location.conversation).varint(record.location.seq);
  return out;
}
std::optional<IdempotencyRecord> decode_idempotency(std::string_view value) {
  Parser in = open(value);
  IdempotencyRecord record;
  record.at = in.time();
  record.location.conversation = in.id<chat::ConversationId>();
  record.location.seq = in.varint();
  return finish(in, record);
}

Bytes encode(const chat::Account& account) {
  std::uint8_t flags = 0;
  if (account.name) flags |= has_name;
  if (account.avatar) flags |= has_avatar;
  if (account.email_notifications) flags |= notifies;
  if (account.administrator) flags |= administers;
  if (account.email_verified) flags |= verified;
  if (account.disabled) flags |= is_disabled;
  if (account.deleted) flags |= is_deleted;
  Bytes out = begin();
  out.u8(flags).time(account.created_at).time(account.updated_at);
  out.text(account.username).text(account.email).text(account.password_hash);
  if (account.name) out.text(*account.name);
  if (account.avatar) out.text(*account.avatar);
  return out;
}

std::optional<chat::Account> decode_account(std::string_view value) {
  Parser in = open(value);
  chat::Account account;
  const std::uint8_t flags = in.u8();
  account.created_at = in.time();
  account.updated_at = in.time();
  account.username = in.text();
  account.email = in.text();
  account.password_hash = in.text();
  if (flags & has_name) account.name = std::string(in.text());
  if (flags & has_avatar) account.avatar = std::string(in.text());
  account.email_notifications = (flags & notifies) != 0;
  account.administrator = (flags & administers) != 0;
  account.email_verified = (flags & verified) != 0;
  account.disabled = (flags & is_disabled) != 0;
  account.deleted = (flags & is_deleted) != 0;
  return finish(in, std::move(account));
}

Bytes encode(const FamilyRecord& record) {
  const chat::Family& family = record.family;
  Bytes out = begin();
  out.time(family.expires_at).id(family.user).u8(record.revoked ? 1 : 0).text(family.token_id);
  return out;
}
std::optional<FamilyRecord> decode_family(std::string_view value) {
  Parser in = open(value);
  FamilyRecord record;
  record.family.expires_at = in.time();
  record.family.user = in.id<chat::UserId>();
  record.revoked = in.u8() != 0;
  record.family.token_id = in.text();
  return finish(in, std::move(record));
}

Bytes encode(const EndedRecord& record) {
  Bytes out = begin();
  out.time(record.expires_at).id(record.user);
  return out;
}
std::optional<EndedRecord> decode_ended(std::string_view value) {
  Parser in = open(value);
  EndedRecord record;
  record.expires_at = in.time();
  record.user = in.id<chat::UserId>();
  return finish(in, record);
}

Bytes encode_time(Time time) {
  Bytes out = begin();
  out.time(time);
  return out;
}
std::optional<Time> decode_time(std::string_view value) {
  Parser in = open(value);
  const Time time = in.time();
  return finish(in, time);
}

Bytes encode_ids(const std::vector<chat::UserId>& ids) {
  Bytes out = begin(2 + ids.size() * 12);
  out.varint(ids.size());
  for (const chat::UserId& id : ids) out.id(id);
  return out;
}
std::optional<std::vector<chat::UserId>> decode_ids(std::string_view value) {
  Parser in = open(value);
  const std::uint64_t count = in.varint();
  if (count > max_participants) return std::nullopt;
  std::vector<chat::UserId> ids;
  for (std::uint64_t i = 0; i < count; ++i) ids.push_back(in.id<chat::UserId>());
  return finish(in, std::move(ids));
}

}  // namespace parley::store::embedded
