#include "nodes/change_codec.hpp"

#include <initializer_list>
#include <utility>

#include "base/json.hpp"

namespace parley::nodes {

namespace {

/// More in one notice is nothing that a node writes.
constexpr std::size_t max_changes = 100'000;
constexpr std::size_t max_participants = 10'000;

/// Writes one JSON object, member by member.
class Writer {
 public:
  explicit Writer(std::string_view kind) { text("kind", kind); }

  Writer& text(std::string_view key, std::string_view value) {
    begin(key);
    json::append_string(out_, value);
    return *this;
  }
  template <class Tag>
  Writer& id(std::string_view key, const Id<Tag>& id) {
    begin(key);
    ((out_ += '"') += id.hex()) += '"';
    return *this;
  }
  Writer& number(std::string_view key, std::uint64_t value) {
    begin(key);
    out_ += std::to_string(value);
    return *this;
  }
  Writer& time(std::string_view key, Time time) {
    begin(key);
    out_ += std::to_string(to_unix_ms(time));
    return *this;
  }
  Writer& time(std::string_view key, const std::optional<Time>& maybe) {
    return maybe ? time(key, *maybe) : *this;
  }
  Writer& raw(std::string_view key, std::string_view json) {
    begin(key);
    out_ += json;
    return *this;
  }
  std::string take() { return std::move(out_ += '}'); }

 private:
  void begin(std::string_view key) {
    out_ += out_.empty() ? "{\"" : ",\"";
    out_.append(key).append("\":");
  }
  std::string out_;
};

std::string unread_list(const std::vector<chat::Unread>& all) {
  std::string out = "[";
  for (const chat::Unread& one : all) {
    if (out.size() > 1) out += ',';
    out += "[\"" + one.user.hex() + "\"," + std::to_string(one.count) + ']';
  }
  return out + ']';
}

std::string id_list(const std::vector<chat::UserId>& all) {
  std::string out = "[";
  for (const chat::UserId& one : all) {
    if (out.size() > 1) out += ',';
    out += '"' + one.hex() + '"';
  }
  return out + ']';
}

struct Encode {
  std::string operator()(const chat::MessageAppended& change) const {
    const chat::Message& message = change.message;
    Writer writer("message");
    writer.id("id", message.id).id("conversation", message.conversation_id);
    writer.id("sender", message.sender).id("receiver", message.receiver);
    writer.text("content", message.content);
    writer.number("seq", message.seq).number("version", message.version);
    if (message.client_id) writer.text("client", *message.client_id);
    writer.time("at", message.created_at);
    writer.time("delivered", message.delivered_at).time("read", message.read_at);
    return writer.raw("unread", unread_list(change.unread)).take();
  }
  std::string operator()(const chat::MessageDelivered& change) const {
    Writer writer("delivered");
    writer.id("id", change.message_id).id("conversation", change.conversation_id);
    writer.id("sender", change.sender).id("receiver", change.receiver);
    writer.number("seq", change.seq).number("version", change.version);
    return writer.time("at", change.at).take();
  }
  std::string operator()(const chat::MessagesRead& change) const {
    Writer writer("read");
    writer.id("id", change.message_id).id("conversation", change.conversation_id);
    writer.id("reader", change.reader).raw("participants", id_list(change.participants));
    writer.number("seq", change.seq).number("version", change.version);
    writer.number("unread", change.unread_count);
    return writer.time("at", change.at).take();
  }
};

std::string prefix(std::string_view node) {
  std::string out = R"({"v":1,"node":)";
  json::append_string(out, node);
  return out += ',';
}

std::optional<std::uint64_t> as_number(const json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0)
    return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

template <class AnyId>
std::optional<AnyId> as_id(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_string();
  return AnyId::parse({text.data(), text.size()});
}

/// Reads the members of one object, and remembers whether all that were needed were there.
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}

  template <class AnyId>
  void id(std::string_view key, AnyId& out) {
    take(key, out, as_id<AnyId>);
  }
  void number(std::string_view key, std::uint64_t& out) { take(key, out, as_number); }
  void time(std::string_view key, Time& out) { take(key, out, as_time); }
  void time(std::string_view key, std::optional<Time>& out) {
    if (object_.contains(key)) time(key, out.emplace());
  }
  void text(std::string_view key, std::string& out) { take(key, out, as_text); }
  void text(std::string_view key, std::optional<std::string>& out) {
    if (object_.contains(key)) text(key, out.emplace());
  }
  /// Every element of an array by `read`.
  template <class T, class Read>
  void list(std::string_view key, std::vector<T>& out, Read read) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr || !value->is_array() || value->get_array().size() > max_participants)
      return fail();
    for (const json::value& element : value->get_array()) {
      std::optional<T> one = read(element);
      if (!one) return fail();
      out.push_back(std::move(*one));
    }
  }
  bool is_good() const { return is_good_; }

 private:
  void fail() { is_good_ = false; }
  static std::optional<std::string> as_text(const json::value& value) {
    if (!value.is_string()) return std::nullopt;
    return std::string{value.get_string()};
  }
  static std::optional<Time> as_time(const json::value& value) {
    if (!value.is_int64()) return std::nullopt;
    return from_unix_ms(value.get_int64());
  }
  template <class T, class Read>
  void take(std::string_view key, T& out, Read read) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return fail();
    std::optional<T> got = read(*value);
    if (!got) return fail();
    out = std::move(*got);
  }

  const json::object& object_;
  bool is_good_ = true;
};

std::optional<chat::Unread> as_unread(const json::value& value) {
  if (!value.is_array() || value.get_array().size() != 2) return std::nullopt;
  const auto user = as_id<chat::UserId>(value.get_array()[0]);
  const auto count = as_number(value.get_array()[1]);
  if (!user || !count) return std::nullopt;
  return chat::Unread{*user, *count};
}

bool read(Reader& in, chat::MessageAppended& change) {
  chat::Message& message = change.message;
  in.id("id", message.id);
  in.id("conversation", message.conversation_id);
  in.id("sender", message.sender);
  in.id("receiver", message.receiver);
  in.text("content", message.content);
  in.number("seq", message.seq);
  in.number("version", message.version);
  in.text("client", message.client_id);
  in.time("at", message.created_at);
  in.time("delivered", message.delivered_at);
  in.time("read", message.read_at);
  in.list("unread", change.unread, as_unread);
  return in.is_good();
}

bool read(Reader& in, chat::MessageDelivered& change) {
  in.id("id", change.message_id);
  in.id("conversation", change.conversation_id);
  in.id("sender", change.sender);
  in.id("receiver", change.receiver);
  in.number("seq", change.seq);
  in.number("version", change.version);
  in.time("at", change.at);
  return in.is_good();
}

bool read(Reader& in, chat::MessagesRead& change) {
  in.id("id", change.message_id);
  in.id("conversation", change.conversation_id);
  in.id("reader", change.reader);
  in.list("participants", change.participants, as_id<chat::UserId>);
  in.number("seq", change.seq);
  in.number("version", change.version);
  in.number("unread", change.unread_count);
  in.time("at", change.at);
  return in.is_good();
}

/// False when it is broken; what is unknown is left out.
bool add_change(const json::value& value, std::vector<chat::Change>& out) {
  if (!value.is_object()) return false;
  Reader in(value.get_object());
  const auto take = [&](auto change) {
    if (!read(in, change)) return false;
    out.emplace_back(std::move(change));
    return true;
  };
  const auto kind = json::string_member(value.get_object(), "kind");
  if (!kind) return false;
  if (*kind == "message") return take(chat::MessageAppended{});
  if (*kind == "delivered") return take(chat::MessageDelivered{});
  if (*kind == "read") return take(chat::MessagesRead{});
  return true;
}

Result<Notice> decode_close(std::string node, const json::value& value) {
  const Error bad = fail(Errc::corrupt, "not a notice of ours");
  if (!value.is_object()) return bad;
  const json::object& object = value.get_object();
  CloseLogins close;
  Reader in(object);
  in.id("user", close.user);
  if (object.contains("family")) in.id("family", close.family.emplace());
  if (!in.is_good()) return bad;
  return Notice{std::move(node), close};
}

}  // namespace

std::string encode(const chat::Change& change) { return std::visit(Encode{}, change); }

std::string encode_changes(std::string_view node, std::span<const std::string* const> changes) {
  std::string out = prefix(node) + "\"changes\":[";
  for (const std::string* change : changes) {
    if (out.back() != '[') out += ',';
    out += *change;
  }
  return out += "]}";
}

std::string encode_close(std::string_view node, const CloseLogins& close) {
  std::string out = prefix(node) + R"("close":{"user":")" + close.user.hex() + '"';
  if (close.family) out += R"(,"family":")" + close.family->hex() + '"';
  return out += "}}";
}

bool is_own(std::string_view text, std::string_view node) { return text.starts_with(prefix(node)); }

Result<Notice> decode(std::string_view text) {
  const Error bad = fail(Errc::corrupt, "not a notice of ours");
  const auto parsed = json::parse(text, {8});
  if (!parsed || !parsed->is_object()) return bad;
  const json::object& object = parsed->get_object();
  const json::value* version = object.if_contains("v");
  if (version == nullptr || as_number(*version) == std::nullopt) return bad;
  if (as_number(*version) != 1u) return fail(Errc::not_supported, "a notice of another version");
  const auto node = json::string_member(object, "node");
  if (!node) return bad;
  if (const json::value* close = object.if_contains("close"))
    return decode_close(std::string{*node}, *close);
  std::vector<chat::Change> changes;
  if (const json::value* list = object.if_contains("changes")) {
    if (!list->is_array() || list->get_array().size() > max_changes) return bad;
    for (const json::value& element : list->get_array()) {
      if (!add_change(element, changes)) return bad;
    }
  }
  return Notice{std::string{*node}, std::move(changes)};
}

}  // namespace parley::nodes
