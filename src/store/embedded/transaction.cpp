#include "store/embedded/transaction.hpp"

#include <algorithm>
#include <cassert>

#include "store/embedded/bytes.hpp"

namespace parley::store::embedded {

namespace {
std::pair<chat::UserId, chat::UserId> sorted(chat::UserId one, chat::UserId other) {
  return {std::min(one, other), std::max(one, other)};
}
}  // namespace

Transaction::Transaction(Engine& engine, const Config& config)
    : Rows(engine),
      clock_(config.clock),
      heads_(config.cached_conversations),
      pairs_(config.cached_pairs),
      users_(config.cached_users),
      batch_(engine) {
  std::string value;
  if (!get(keys::meta("version"), value)) return;
  Parser in(value);
  version_ = committed_version_ = in.be64();
  if (!in.finished()) set_error(fail(Errc::corrupt, "the version row is damaged"));
}

rocksdb::Status Transaction::fetch(const Key& key, std::string& value) {
  if (const auto own = batch_.find(key.table, key.bytes)) {
    if (own->erased) return rocksdb::Status::NotFound();
    value = own->value;
    return rocksdb::Status::OK();
  }
  return engine().db().Get(options_, engine().table(key.table), key.bytes.view(), &value);
}

std::optional<Time> Transaction::unwritten_advance(const Head& head, Member member, Mark mark,
                                                   chat::Seq seq) {
  const Line line{head.id, member, mark};
  for (const Advance& advance : advances_) {
    if (advance.line == line && advance.to.seq >= seq) return advance.to.at;
  }
  return std::nullopt;
}

bool Transaction::user_exists(chat::UserId id) {
  if (users_.find(id) != nullptr) return true;
  std::string value;
  if (!get(keys::account(id), value)) return false;
  users_.insert(id, Done{});
  return true;
}

void Transaction::know_user(chat::UserId id) {
  if (users_.find(id) == nullptr) users_.insert(id, Done{});
}

Head* Transaction::find_head(chat::ConversationId id) {
  if (Head* cached = heads_.find(id)) return cached;
  auto stored = head(id);
  return stored ? &heads_.insert(id, std::move(*stored)) : nullptr;
}

Head* Transaction::find_pair(chat::UserId one, chat::UserId other) {
  const auto pair = sorted(one, other);
  const auto* id = pairs_.find(pair);
  if (id == nullptr) {
    const auto stored = conversation_of(one, other);
    if (!stored) return nullptr;
    id = &pairs_.insert(pair, *stored);
  }
  Head* found = find_head(*id);
  if (found == nullptr) set_error(fail(Errc::corrupt, "the conversation of a pair is missing"));
  return found;
}

Head& Transaction::create_head(chat::UserId one, chat::UserId other, Time now) {
  const auto pair = sorted(one, other);
  Head head;
  head.id.bytes = new_id(now);
  head.participants = {pair.first, pair.second};
  head.created_at = head.last_created_at = now;
  head.members.resize(2);
  return add_head(std::move(head));
}

Head& Transaction::add_head(Head head) {
  const chat::UserId one = head.participants[0], other = head.participants[1];
  put(keys::pair(one, other), std::string(head.id.view()));
  put(keys::membership(one, head.id), encode_ids({other}));
  put(keys::membership(other, head.id), encode_ids({one}));
  pairs_.insert(sorted(one, other), head.id);
  const chat::ConversationId id = head.id;
  return heads_.insert(id, std::move(head));
}

void Transaction::advance(Head& head, Member member, Mark mark, chat::Watermark to) {
  chat::Watermarks& marks = head.members[member];
  chat::Watermark& reached = mark == Mark::delivered ? marks.delivered : marks.read;
  assert(to.seq > reached.seq);
  reached = to;
  touch(head);
  // Advances of one moment need one row: the last covers what the others reached, with the same
  // time.
  const Line line{head.id, member, mark};
  const auto [newest, is_first] = newest_advance_.try_emplace(line, advances_.size());
  if (!is_first && advances_[newest->second].to.at == to.at) {
    advances_[newest->second].to = to;
    return;
  }
  newest->second = advances_.size();
  advances_.push_back({line, to});
}

void Transaction::write_touched() {
  for (const chat::ConversationId& id : touched_) {
    const Head* head = heads_.find(id);
    assert(head != nullptr);
    batch_.add(Table::chat, keys::head(id).bytes, encode(*head));
  }
  for (const Advance& advance : advances_) {
    const Key key = keys::watermark(advance.line.conversation, advance.line.member,
                                    advance.line.mark, advance.to.seq);
    batch_.add(key.table, key.bytes, encode(WatermarkRecord{advance.to.at, advance.to.version}));
  }
  if (version_ == committed_version_) return;
  batch_.add(Table::people, keys::meta("version").bytes, Bytes().be64(version_));
}

rocksdb::Status Transaction::commit() {
  rocksdb::Status status;
  if (!is_empty()) {
    write_touched();
    rocksdb::WriteOptions options;
    options.sync = sync_;
    rocksdb::WriteBatch rows = batch_.take();
    status = engine().db().Write(options, &rows);
  }
  if (status.ok()) {
    committed_version_ = version_;
  } else {
    version_ = committed_version_;
    heads_.clear();
    pairs_.clear();
    users_.clear();
    changes_.clear();
  }
  forget_batch();
  const auto calls = std::exchange(once_committed_, {});
  if (!status.ok()) {
    ++rollbacks_;
    return status;
  }
  for (const auto& call : calls) call();
  return status;
}

void Transaction::forget_batch() {
  batch_.clear();
  touched_.clear();
  advances_.clear();
  newest_advance_.clear();
  sync_ = false;
  heads_.trim();
  pairs_.trim();
  users_.trim();
  drop_iterators();
}

std::vector<chat::Change> Transaction::take_changes() {
  std::vector<chat::Change> taken = std::exchange(changes_, {});
  changes_.reserve(taken.size());  // the next batch is much like this one
  return taken;
}

std::vector<std::string> Transaction::keys_with(const Key& prefix) {
  std::vector<std::string> found;
  for (Scan row = scan(prefix); row.valid(); row.next()) {
    if (!batch_.find(prefix.table, row.key())) found.emplace_back(row.key());
  }
  batch_.for_each(prefix.table, [&](const Batch::Row& row) {
    if (!row.erased && row.key.starts_with(prefix.bytes)) found.emplace_back(row.key);
  });
  return found;
}

}  // namespace parley::store::embedded
