#include <optional>

#include "store/embedded/archive.hpp"
#include "store/embedded/liveness.hpp"
#include "store/embedded/walk.hpp"

namespace parley::store::embedded {

namespace {
/// A batch ends between two conversations when it has so many records, ...
constexpr std::size_t enough_records = 250;
constexpr std::size_t enough_bytes = 512u << 10;
/// ... and in the middle of one when it has these.
constexpr std::size_t most_records = 1000;
constexpr std::size_t most_bytes = 2u << 20;

/// The kinds of rows in the order in which they are read; the letters begin positions.
enum class Stage : char { accounts = 'a', logins = 'l', conversations = 'c', end = 'e' };

class Source final : public chat::ArchiveSource {
 public:
  Source(std::unique_ptr<Engine> engine, Time now)
      : engine_(std::move(engine)), view_(*engine_), now_(now), newest_(view_.version()) {
    std::string id;
    view_.get(keys::meta("id"), id);
    const auto written = engine_->db().GetLatestSequenceNumber();
    fingerprint_ = "embedded " + id + " " + std::to_string(written);
  }

  std::string_view store() const override { return "embedded"; }
  std::string fingerprint() const override { return fingerprint_; }
  chat::Version newest() const override { return newest_; }

  Result<chat::ArchiveTotals> totals() override {
    chat::ArchiveTotals totals;
    for_each(Stage::accounts, [&](const Walk&) { ++totals.accounts; });
    for_each(Stage::logins, [&](const Walk&) { ++totals.logins; });
    for_each(Stage::conversations, [&](const Walk& row) {
      ++totals.conversations;
      if (const auto head = decode_head(row.value())) totals.messages += head->last_seq;
    });
    if (view_.error()) return *view_.error();
    return totals;
  }

  Result<Done> seek(std::string_view position) override {
    stage_ = Stage::accounts;
    after_.clear();
    open_.reset();
    if (!position.empty()) {
      const auto id = object_id_from_hex(position.substr(1));
      const char stage = position.front();
      if (!id || (stage != 'a' && stage != 'l' && stage != 'c'))
        return fail(Errc::bad_request, "not a position of this store");
      stage_ = static_cast<Stage>(stage);
      after_.assign(reinterpret_cast<const char*>(id->data()), id->size());
    }
    rows_.emplace(walk(stage_, after_));
    return Done{};
  }

  Result<chat::ArchiveBatch> next() override {
    batch_ = {};
    bytes_ = 0;
    if (!rows_) rows_.emplace(walk(stage_));
    while (stage_ != Stage::end && !is_full()) step();
    if (!view_.error() && !rows_->status().ok()) view_.set_error(to_error(rows_->status()));
    if (view_.error()) return *view_.error();
    if (!open_ && !batch_.records.empty()) batch_.position = position_;
    return std::move(batch_);
  }

 private:
  template <class Call>
  void for_each(Stage stage, Call call) {
    Walk row = walk(stage);
    for (; row.valid(); row.next()) call(row);
    if (!row.status().ok()) view_.set_error(to_error(row.status()));
  }

  Walk walk(Stage stage, std::string_view after = {}) {
    const bool is_chat = stage == Stage::conversations;
    const char tag = is_chat                    ? keys::head_tag
                     : stage == Stage::accounts ? keys::account_tag
                                                : keys::family_tag;
    return Walk(*engine_, view_.snapshot(), is_chat ? Table::chat : Table::people, tag, after);
  }

  bool is_full() const {
    const bool is_enough = batch_.records.size() >= enough_records || bytes_ >= enough_bytes;
    const bool is_most = batch_.records.size() >= most_records || bytes_ >= most_bytes;
    return view_.error() || (open_ ? is_most : is_enough);
  }

  /// The next row, or the next messages of the conversation that is open.
  void step() {
    if (open_) return add_messages();
    if (!rows_->valid()) return enter_next_stage();
    const auto id = rows_->key().id<Id<Source>>();
    if (stage_ == Stage::accounts) add_account(chat::UserId{id.bytes});
    if (stage_ == Stage::logins) add_login(chat::FamilyId{id.bytes});
    if (stage_ == Stage::conversations) open(chat::ConversationId{id.bytes});
    position_ = static_cast<char>(stage_) + id.hex();
    rows_->next();
  }

  void enter_next_stage() {
    if (!rows_->status().ok()) return view_.set_error(to_error(rows_->status()));
    stage_ = stage_ == Stage::accounts ? Stage::logins
             : stage_ == Stage::logins ? Stage::conversations
                                       : Stage::end;
    if (stage_ != Stage::end) rows_.emplace(walk(stage_));
  }

  void add_account(chat::UserId id) {
    auto account = decode_account(rows_->value());
    if (!account)
      return view_.set_error(fail(Errc::corrupt, "account " + id.hex() + " does not decode"));
    account->id = id;
    account->last_seen = view_.last_seen(id);
    batch_.records.emplace_back(std::move(*account));
  }

  void add_login(chat::FamilyId id) {
    auto record = decode_family(rows_->value());
    if (!record)
      return view_.set_error(fail(Errc::corrupt, "login " + id.hex() + " does not decode"));
    if (record->family.expires_at <= now_) return;
    record->family.id = id;
    batch_.records.emplace_back(chat::ArchivedLogin{std::move(record->family), record->revoked});
  }

  void open(chat::ConversationId id) {
    auto head = decode_head(rows_->value());
    if (!head)
      return view_.set_error(fail(Errc::corrupt, "conversation " + id.hex() + " does not decode"));
    head->id = id;
    if (head->last_seq == 0) return;
    chat::ArchivedConversation archived{head->conversation(), {}};
    for (Member member = 0; member < head->participants.size(); ++member) {
      const chat::Watermarks& marks = head->members[member];
      archived.receipts.push_back({head->participants[member], marks.delivered, marks.read});
    }
    batch_.records.emplace_back(std::move(archived));
    open_ = std::move(*head);
    next_seq_ = 1;
  }

  void add_messages() {
    std::vector<chat::Message> messages;
    const Key from = keys::message(open_->id, next_seq_);
    Scan row = view_.scan(from, from.bytes.size() - sizeof(chat::Seq));
    const std::size_t room = most_records - std::min(most_records - 1, batch_.records.size());
    while (next_seq_ <= open_->last_seq && messages.size() < room && bytes_ < most_bytes) {
      auto record = row.valid() ? decode_message(row.value()) : std::nullopt;
      const bool is_next = record && Parser(row.rest()).be64() == next_seq_ &&
                           record->sent.size() == open_->participants.size();
      if (!is_next)
        return view_.set_error(fail(Errc::corrupt, "message " + std::to_string(next_seq_) + " of " +
                                                       open_->id.hex() + " is missing"));
      bytes_ += record->content.size();
      messages.push_back(open_->message(next_seq_, std::move(*record)));
      ++next_seq_;
      row.next();
    }
    view_.fill_times(*open_, messages);
    for (chat::Message& message : messages) batch_.records.emplace_back(std::move(message));
    if (next_seq_ > open_->last_seq) open_.reset();
  }

  std::unique_ptr<Engine> engine_;
  View view_;
  const Time now_;
  const chat::Version newest_;
  std::string fingerprint_;

  Stage stage_ = Stage::accounts;
  std::string after_;
  std::optional<Walk> rows_;
  std::optional<Head> open_;  ///< Whose messages come now.
  chat::Seq next_seq_ = 1;
  chat::ArchiveBatch batch_;
  std::size_t bytes_ = 0;
  std::string position_;
};
}  // namespace

Result<std::unique_ptr<chat::ArchiveSource>> open_archive_source(const Config& config) {
  auto engine = Engine::open_existing(config, Access::write);
  if (!engine) return engine.error();
  // A server that was killed could not say when its users left.
  if (auto recovered = Liveness::recover(**engine, config); !recovered) return recovered.error();
  return std::unique_ptr<chat::ArchiveSource>(
      std::make_unique<Source>(std::move(*engine), config.clock()));
}

}  // namespace parley::store::embedded
