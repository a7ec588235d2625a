#include "archive/lines.hpp"

#include <charconv>

#include "base/hex.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"

namespace parley::archive {

namespace {
/// Writes an object, member by member.
class Members {
 public:
  Members() { out_.reserve(256); }

  Members& text(std::string_view name, std::string_view text) {
    if (is_utf8(text)) {
      key(name);
      json::append_string(out_, text);
      return *this;
    }
    return quoted(std::string(name) + ":hex", to_hex(text));
  }
  Members& maybe_text(std::string_view name, const std::optional<std::string>& maybe) {
    return maybe ? text(name, *maybe) : *this;
  }
  template <class Tag>
  Members& id(std::string_view name, const Id<Tag>& id) {
    return quoted(name, id.hex());
  }
  Members& quoted(std::string_view name, std::string_view plain) {
    key(name);
    out_.append(1, '"').append(plain).append(1, '"');
    return *this;
  }
  Members& number(std::string_view name, std::uint64_t number) {
    return raw(name, std::to_string(number));
  }
  /// In quotes: JavaScript's numbers are too short for it.
  Members& version(std::string_view name, chat::Version version) {
    return quoted(name, std::to_string(version));
  }
  Members& time(std::string_view name, Time time) {
    return raw(name, std::to_string(to_unix_ms(time)));
  }
  Members& maybe_time(std::string_view name, const std::optional<Time>& maybe) {
    return maybe ? time(name, *maybe) : *this;
  }
  Members& boolean(std::string_view name, bool yes) { return raw(name, yes ? "true" : "false"); }
  /// Written only if it is so.
  Members& maybe_true(std::string_view name, bool yes) { return yes ? boolean(name, true) : *this; }
  Members& raw(std::string_view name, std::string_view value) {
    key(name);
    out_ += value;
    return *this;
  }
  std::string take() { return std::move(out_ += '}'); }

 private:
  void key(std::string_view name) {
    out_ += out_.empty() ? "{\"" : ",\"";
    out_.append(name).append("\":");
  }
  std::string out_;
};

/// Reads an object's members; the first that is missing or wrong is remembered.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(&object) {}

  bool has(std::string_view name) const { return object_->contains(name); }
  const std::string& problem() const { return problem_; }

  std::string text(std::string_view name) {
    if (const auto plain = json::string_member(*object_, name)) return std::string(*plain);
    const auto hex = json::string_member(*object_, std::string(name) + ":hex");
    const auto bytes = hex ? from_hex(*hex) : std::nullopt;
    if (!bytes) wrong(name);
    return bytes.value_or(std::string{});
  }
  std::optional<std::string> maybe_text(std::string_view name) {
    if (!has(name) && !has(std::string(name) + ":hex")) return std::nullopt;
    return text(name);
  }
  template <class AnyId>
  AnyId id(std::string_view name) {
    const auto hex = json::string_member(*object_, name);
    const auto id = hex ? AnyId::parse(*hex) : std::nullopt;
    if (!id) wrong(name);
    return id.value_or(AnyId{});
  }
  Digest digest(std::string_view name) {
    const auto hex = json::string_member(*object_, name);
    const auto digest = hex ? digest_from_hex(*hex) : std::nullopt;
    if (!digest) wrong(name);
    return digest.value_or(Digest{});
  }
  std::uint64_t number(std::string_view name) {
    const json::value* member = object_->if_contains(name);
    if (member != nullptr && member->is_uint64()) return member->get_uint64();
    if (member != nullptr && member->is_int64() && member->get_int64() >= 0)
      return static_cast<std::uint64_t>(member->get_int64());
    return wrong(name), 0;
  }
  chat::Version version(std::string_view name) {
    const auto digits = json::string_member(*object_, name);
    chat::Version version = 0;
    const char* end = digits ? digits->data() + digits->size() : nullptr;
    const auto [rest, error] = std::from_chars(digits ? digits->data() : nullptr, end, version);
    const bool good = digits && !digits->empty() && error == std::errc{} && rest == end;
    if (!good) wrong(name);
    return good ? version : 0;
  }
  Time time(std::string_view name) {
    const json::value* member = object_->if_contains(name);
    if (member != nullptr && member->is_int64()) return from_unix_ms(member->get_int64());
    return wrong(name), Time{};
  }
  std::optional<Time> maybe_time(std::string_view name) {
    return has(name) ? std::optional(time(name)) : std::nullopt;
  }
  bool boolean(std::string_view name) {
    const json::value* member = object_->if_contains(name);
    if (member != nullptr && member->is_bool()) return member->get_bool();
    return wrong(name), false;
  }
  bool maybe_true(std::string_view name) {
    if (!has(name)) return false;
    if (!boolean(name)) wrong(name);
    return true;
  }
  const json::array* array(std::string_view name) {
    const json::value* member = object_->if_contains(name);
    if (member == nullptr || !member->is_array()) return wrong(name), nullptr;
    return &member->get_array();
  }
  const json::object* object(std::string_view name) {
    const json::value* member = object_->if_contains(name);
    if (member == nullptr || !member->is_object()) return wrong(name), nullptr;
    return &member->get_object();
  }
  void wrong(std::string_view name) {
    if (problem_.empty()) problem_ = std::string(name) + " is missing or of a wrong form";
  }

 private:
  const json::object* object_;
  std::string problem_;
};

std::string encode_mark(const chat::Watermark& mark) {
  return Members()
      .number("seq", mark.seq)
      .version("version", mark.version)
      .time("at", mark.at)
      .take();
}

std::string encode_receipts(const std::vector<chat::ArchivedReceipt>& receipts) {
  std::string all = "[";
  for (const chat::ArchivedReceipt& one : receipts) {
    if (one.delivered.seq == 0) continue;
    Members members;
    members.id("user", one.user).raw("delivered", encode_mark(one.delivered));
    if (one.read.seq > 0) members.raw("read", encode_mark(one.read));
    if (all.size() > 1) all += ',';
    all += members.take();
  }
  return all + "]";
}

Header decode_header(Fields& fields) {
  Header header;
  header.id = fields.id<Id<Header>>("id").bytes;
  header.store = fields.text("store");
  header.written_at = fields.time("time");
  return header;
}

chat::Account decode_account(Fields& fields) {
  chat::Account account;
  account.id = fields.id<chat::UserId>("account");
  account.username = fields.text("username");
  account.email = fields.text("email");
  account.password_hash = fields.text("password");
  account.name = fields.maybe_text("name");
  account.avatar = fields.maybe_text("avatar");
  account.email_notifications = fields.boolean("emailNotifications");
  account.administrator = fields.boolean("administrator");
  account.email_verified = fields.maybe_true("emailVerified");
  account.disabled = fields.maybe_true("disabled");
  account.deleted = fields.maybe_true("deleted");
  account.last_seen = fields.maybe_time("lastSeen");
  account.created_at = fields.time("createdAt");
  account.updated_at = fields.time("updatedAt");
  return account;
}

chat::ArchivedLogin decode_login(Fields& fields) {
  chat::ArchivedLogin login;
  login.family.id = fields.id<chat::FamilyId>("login");
  login.family.user = fields.id<chat::UserId>("user");
  login.family.token_id = fields.text("token");
  login.family.expires_at = fields.time("expiresAt");
  login.revoked = fields.boolean("revoked");
  return login;
}

chat::Watermark decode_mark(Fields& fields, std::string_view name) {
  const json::object* object = fields.object(name);
  if (object == nullptr) return {};
  Fields inner(*object);
  const chat::Watermark mark{inner.number("seq"), inner.version("version"), inner.time("at")};
  if (!inner.problem().empty() || mark.seq == 0) fields.wrong(name);
  return mark;
}

void decode_receipt(Fields& fields, chat::ArchivedConversation& conversation) {
  const auto user = fields.id<chat::UserId>("user");
  for (chat::ArchivedReceipt& one : conversation.receipts) {
    if (one.user != user || one.delivered.seq > 0) continue;
    one.delivered = decode_mark(fields, "delivered");
    if (fields.has("read")) one.read = decode_mark(fields, "read");
    return;
  }
  fields.wrong("user");
}

chat::ArchivedConversation decode_conversation(Fields& fields) {
  chat::ArchivedConversation archived;
  chat::Conversation& conversation = archived.conversation;
  conversation.id = fields.id<chat::ConversationId>("conversation");
  conversation.created_at = fields.time("createdAt");
  const json::array* participants = fields.array("participants");
  const json::array* receipts = fields.array("receipts");
  if (participants == nullptr || receipts == nullptr) return archived;
  for (const json::value& one : *participants) {
    const auto id = one.is_string() ? chat::UserId::parse(one.get_string()) : std::nullopt;
    if (!id) fields.wrong("participants");
    conversation.participants.push_back(id.value_or(chat::UserId{}));
    archived.receipts.push_back({conversation.participants.back(), {}, {}});
  }
  for (const json::value& one : *receipts) {
    if (!one.is_object()) return fields.wrong("receipts"), archived;
    Fields receipt(one.get_object());
    decode_receipt(receipt, archived);
    if (!receipt.problem().empty()) fields.wrong("receipts");
  }
  return archived;
}

chat::Message decode_message(Fields& fields, const chat::Conversation& within) {
  chat::Message message;
  message.id = fields.id<chat::MessageId>("message");
  message.conversation_id = within.id;
  message.seq = fields.number("seq");
  message.version = fields.version("version");
  message.sender = fields.id<chat::UserId>("from");
  for (const chat::UserId& one : within.participants) {
    if (one != message.sender) message.receiver = one;
  }
  message.client_id = fields.maybe_text("clientId");
  message.content = fields.text("content");
  message.created_at = fields.time("createdAt");
  message.delivered_at = fields.maybe_time("deliveredAt");
  message.read_at = fields.maybe_time("readAt");
  return message;
}

End decode_end(Fields& fields) {
  return {fields.id<chat::ConversationId>("end"), fields.number("messages"),
          fields.digest("sha256")};
}

Trailer decode_trailer(Fields& fields) {
  Trailer trailer;
  trailer.totals = {fields.number("accounts"), fields.number("logins"),
                    fields.number("conversations"), fields.number("messages")};
  trailer.newest = fields.version("version");
  trailer.digest = fields.digest("sha256");
  return trailer;
}

/// By its first member.
Result<Line> decode_object(const json::object& object, const chat::Conversation* within,
                           Fields& fields) {
  const std::string_view kind =
      object.empty() ? std::string_view{} : std::string_view{object.begin()->key()};
  if (kind == "account") return Line{decode_account(fields)};
  if (kind == "login") return Line{decode_login(fields)};
  if (kind == "conversation") return Line{decode_conversation(fields)};
  if (kind == "message" && within != nullptr) return Line{decode_message(fields, *within)};
  if (kind == "message") return fail(Errc::corrupt, "a message of no conversation");
  if (kind == "end") return Line{decode_end(fields)};
  if (kind == "complete") return Line{decode_trailer(fields)};
  if (kind != "parley") return fail(Errc::corrupt, "not a line of an archive");
  const auto format = fields.number("format");
  if (format > format_version)
    return fail(Errc::not_supported, "an archive of format " + std::to_string(format) +
                                         "; this program reads up to format " +
                                         std::to_string(format_version) + ": use a newer parley");
  return Line{decode_header(fields)};
}
}  // namespace

std::string encode(const Header& header) {
  return Members()
      .quoted("parley", "archive")
      .number("format", format_version)
      .quoted("id", to_hex(header.id))
      .text("store", header.store)
      .time("time", header.written_at)
      .take();
}

std::string encode(const chat::Account& account) {
  return Members()
      .id("account", account.id)
      .text("username", account.username)
      .text("email", account.email)
      .text("password", account.password_hash)
      .maybe_text("name", account.name)
      .maybe_text("avatar", account.avatar)
      .boolean("emailNotifications", account.email_notifications)
      .boolean("administrator", account.administrator)
      .maybe_true("emailVerified", account.email_verified)
      .maybe_true("disabled", account.disabled)
      .maybe_true("deleted", account.deleted)
      .maybe_time("lastSeen", account.last_seen)
      .time("createdAt", account.created_at)
      .time("updatedAt", account.updated_at)
      .take();
}

std::string encode(const chat::ArchivedLogin& login) {
  return Members()
      .id("login", login.family.id)
      .id("user", login.family.user)
      .text("token", login.family.token_id)
      .time("expiresAt", login.family.expires_at)
      .boolean("revoked", login.revoked)
      .take();
}

std::string encode(const chat::ArchivedConversation& archived) {
  std::string participants = "[";
  for (const chat::UserId& one : archived.conversation.participants) {
    if (participants.size() > 1) participants += ',';
    participants += '"' + one.hex() + '"';
  }
  return Members()
      .id("conversation", archived.conversation.id)
      .raw("participants", participants + "]")
      .time("createdAt", archived.conversation.created_at)
      .raw("receipts", encode_receipts(archived.receipts))
      .take();
}

std::string encode(const chat::Message& message) {
  return Members()
      .id("message", message.id)
      .number("seq", message.seq)
      .version("version", message.version)
      .id("from", message.sender)
      .maybe_text("clientId", message.client_id)
      .text("content", message.content)
      .time("createdAt", message.created_at)
      .maybe_time("deliveredAt", message.delivered_at)
      .maybe_time("readAt", message.read_at)
      .take();
}

std::string encode(const End& end) {
  return Members()
      .id("end", end.conversation)
      .number("messages", end.messages)
      .quoted("sha256", to_hex(end.digest))
      .take();
}

std::string encode(const Trailer& trailer) {
  return Members()
      .boolean("complete", true)
      .number("accounts", trailer.totals.accounts)
      .number("logins", trailer.totals.logins)
      .number("conversations", trailer.totals.conversations)
      .number("messages", trailer.totals.messages)
      .version("version", trailer.newest)
      .quoted("sha256", to_hex(trailer.digest))
      .take();
}

std::string encode(const chat::ArchiveRecord& record) {
  return std::visit([](const auto& one) { return encode(one); }, record);
}

Digest sealed(Chain whole, Trailer trailer) {
  trailer.digest = {};
  whole.add(encode(trailer));
  return whole.digest();
}

Result<Line> decode(std::string_view line, const chat::Conversation* within) {
  auto parsed = json::parse(line, {.max_depth = 6});
  if (!parsed) return fail(Errc::corrupt, parsed.error().detail);
  if (!parsed->is_object()) return fail(Errc::corrupt, "not a line of an archive");
  Fields fields(parsed->get_object());
  auto decoded = decode_object(parsed->get_object(), within, fields);
  if (!decoded) return decoded;
  if (!fields.problem().empty()) return fail(Errc::corrupt, fields.problem());
  // Nothing may be there that we would not write: it would be lost.
  const bool is_ours = std::visit([&](const auto& one) { return encode(one) == line; }, *decoded);
  if (!is_ours) return fail(Errc::corrupt, "not written as this format writes it");
  return decoded;
}

}  // namespace parley::archive
