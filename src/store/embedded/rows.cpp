#include "store/embedded/rows.hpp"

#include <algorithm>

#include "store/embedded/bytes.hpp"

namespace parley::store::embedded {

namespace {
rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

std::optional<chat::UserId> decode_user(std::string_view value) {
  Parser in(value);
  const auto id = in.id<chat::UserId>();
  return in.finished() ? std::optional(id) : std::nullopt;
}
std::optional<chat::ConversationId> decode_conversation(std::string_view value) {
  Parser in(value);
  const auto id = in.id<chat::ConversationId>();
  return in.finished() ? std::optional(id) : std::nullopt;
}
}  // namespace

Scan::Scan(Rows& rows, rocksdb::Iterator& at, std::string_view from, std::size_t prefix_length)
    : rows_(&rows), at_(&at), prefix_(from.substr(0, prefix_length)) {
  at_->Seek(slice(from));
}

bool Scan::valid() const {
  if (at_->Valid()) return at_->key().starts_with(prefix_);
  if (const auto status = at_->status(); !status.ok()) rows_->set_error(to_error(status));
  return false;
}

bool Rows::get(const Key& key, std::string& value) {
  const auto status = fetch(key, value);
  if (!status.ok() && !status.IsNotFound()) set_error(to_error(status));
  return status.ok();
}

void Rows::set_error(Error error) {
  if (!error_) error_ = std::move(error);
}

void Rows::drop_iterators() {
  for (auto& iterator : iterators_) iterator.reset();
}

Scan Rows::scan(const Key& from, std::size_t prefix_length) {
  auto& iterator = iterators_[static_cast<std::size_t>(from.table)];
  if (!iterator) {
    rocksdb::ReadOptions options = read_options();
    options.prefix_same_as_start = from.table == Table::chat;
    iterator.reset(engine_->db().NewIterator(options, engine_->table(from.table)));
  }
  return Scan(*this, *iterator, from.bytes, prefix_length);
}

template <class Record>
std::optional<Record> Rows::find(const Key& key,
                                 std::optional<Record> (*decode)(std::string_view)) {
  std::string value;
  if (!get(key, value)) return std::nullopt;
  auto record = decode(value);
  if (!record)
    set_error(fail(Errc::corrupt,
                   std::string("a row of kind ") + key.bytes.view()[0] + " does not decode"));
  return record;
}

std::optional<chat::Account> Rows::account(chat::UserId id) {
  auto account = find(keys::account(id), &decode_account);
  if (account) {
    account->id = id;
    account->last_seen = last_seen(id);
  }
  return account;
}

std::optional<chat::UserId> Rows::account_by_email(std::string_view folded) {
  return find(keys::email(folded), &decode_user);
}

std::optional<Time> Rows::last_seen(chat::UserId id) {
  return find(keys::last_seen(id), &decode_time);
}

std::optional<FamilyRecord> Rows::family(chat::FamilyId id) {
  auto record = find(keys::family(id), &decode_family);
  if (record) record->family.id = id;
  return record;
}

std::optional<Head> Rows::head(chat::ConversationId id) {
  auto head = find(keys::head(id), &decode_head);
  if (head) head->id = id;
  return head;
}

std::optional<MessageRecord> Rows::message(const Head& head, chat::Seq seq) {
  auto record = find(keys::message(head.id, seq), &decode_message);
  if (!record || record->sent.size() != head.participants.size()) {
    set_error(fail(Errc::corrupt,
                   "message " + std::to_string(seq) + " of " + head.id.hex() + " is missing"));
    return std::nullopt;
  }
  return record;
}

std::optional<Location> Rows::location(chat::MessageId id) {
  return find(keys::message_id(id), &decode_location);
}

std::optional<IdempotencyRecord> Rows::sent_before(chat::UserId sender,
                                                   std::string_view client_id) {
  return find(keys::client_id(sender, client_id), &decode_idempotency);
}

std::optional<chat::ConversationId> Rows::conversation_of(chat::UserId one, chat::UserId other) {
  return find(keys::pair(one, other), &decode_conversation);
}

void Rows::fill_times(const Head& head, std::span<chat::Message> messages) {
  for (Member member = 0; member < head.participants.size(); ++member) {
    fill_times(head, member, Mark::delivered, messages);
    fill_times(head, member, Mark::read, messages);
  }
}

void Rows::fill_times(const Head& head, Member member, Mark mark,
                      std::span<chat::Message> messages) {
  const chat::Watermarks& marks = head.members[member];
  const chat::Watermark& reached = mark == Mark::delivered ? marks.delivered : marks.read;
  chat::Seq covered = 0;
  Time at;
  std::optional<Scan> advances;
  for (chat::Message& message : messages) {
    if (message.receiver != head.participants[member]) continue;
    if (message.seq > reached.seq) return;
    if (message.seq > covered) {
      covered = reached.seq;
      at = reached.at;
      if (message.seq < reached.seq) {
        // An advance behind the newest one: the first row at or after the message tells when.
        const Key from = keys::watermark(head.id, member, mark, message.seq);
        if (!advances) advances = scan(from, from.bytes.size() - sizeof(chat::Seq));
        while (advances->valid() && advances->key() < from.bytes.view()) advances->next();
        const auto record = advances->valid() ? decode_watermark(advances->value()) : std::nullopt;
        if (record) {
          covered = Parser(advances->rest()).be64();
          at = record->at;
        } else if (const auto pending = unwritten_advance(head, member, mark, message.seq)) {
          covered = message.seq;
          at = *pending;
        } else {
          set_error(fail(Errc::corrupt, "a watermark row of " + head.id.hex() + " is missing"));
        }
      }
    }
    (mark == Mark::delivered ? message.delivered_at : message.read_at) = at;
  }
}

View::View(Engine& engine) : Rows(engine), snapshot_(engine.db().GetSnapshot()) {
  options_.snapshot = snapshot_;
  count_nothing();
}

View::~View() {
  drop_iterators();
  engine().db().ReleaseSnapshot(snapshot_);
}

rocksdb::Status View::fetch(const Key& key, std::string& value) {
  return engine().db().Get(options_, engine().table(key.table), key.bytes.view(), &value);
}

chat::Version View::version() {
  std::string value;
  return get(keys::meta("version"), value) ? Parser(value).be64() : 0;
}

std::vector<Head> View::heads_of(chat::UserId user) {
  constexpr std::size_t chunk = 256;
  std::vector<Head> heads;
  std::vector<chat::ConversationId> ids;
  for (Scan row = scan(keys::memberships(user)); row.valid(); row.next()) {
    ids.push_back(Parser(row.rest()).id<chat::ConversationId>());
    if (ids.size() < chunk) continue;
    add_heads(ids, heads);
    ids.clear();
  }
  add_heads(ids, heads);
  return heads;
}

void View::add_heads(const std::vector<chat::ConversationId>& ids, std::vector<Head>& heads) {
  std::vector<std::string> keys(ids.size());
  std::vector<rocksdb::Slice> slices(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    keys[i] = keys::head(ids[i]).bytes.str();
    slices[i] = slice(keys[i]);
  }
  std::vector<rocksdb::PinnableSlice> values(ids.size());
  std::vector<rocksdb::Status> statuses(ids.size());
  engine().db().MultiGet(options_, engine().table(Table::chat), ids.size(), slices.data(),
                         values.data(), statuses.data());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!statuses[i].ok() && !statuses[i].IsNotFound()) return set_error(to_error(statuses[i]));
    auto head = statuses[i].ok() ? decode_head(view(values[i])) : std::nullopt;
    if (!head) {
      set_error(fail(Errc::corrupt, "the head of " + ids[i].hex() + " is missing"));
      continue;
    }
    head->id = ids[i];
    heads.push_back(std::move(*head));
  }
}

}  // namespace parley::store::embedded
