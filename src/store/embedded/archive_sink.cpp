#include <array>
#include <optional>

#include "chat/ports/account_store.hpp"
#include "store/embedded/archive.hpp"
#include "store/embedded/bytes.hpp"
#include "store/embedded/layout.hpp"
#include "store/embedded/liveness.hpp"

namespace parley::store::embedded {

namespace {
Error conflict(const std::string& name, std::string_view why) {
  return fail(Errc::conflict, name + ": " + std::string(why));
}

std::string name_of(const chat::Message& message) {
  return "message " + message.id.hex() + " (seq " + std::to_string(message.seq) +
         " of conversation " + message.conversation_id.hex() + ")";
}

MessageRecord record_of(const chat::Message& message, Member sender) {
  MessageRecord record;
  record.version = message.version;
  record.created_at = message.created_at;
  record.id = message.id;
  record.sender = sender;
  record.client_id = message.client_id;
  record.content = message.content;
  return record;
}

class Sink final : public chat::ArchiveSink {
 public:
  Sink(std::unique_ptr<Engine> engine, const Config& config)
      : engine_(std::move(engine)), transaction_(*engine_, config) {}

  /// What went wrong while opening.
  const std::optional<Error>& error() const { return transaction_.error(); }

  Result<std::string> resume(const ObjectId& archive) override {
    archive_ = {archive};
    std::string value;
    const bool is_there = transaction_.get(keys::meta("import"), value);
    if (transaction_.error()) return *transaction_.error();
    if (!is_there || !value.starts_with(archive_.view())) return std::string{};
    return value.substr(archive_.view().size());
  }

  Result<Done> accept(const std::vector<chat::ArchiveRecord>& records,
                      const std::string& position) override {
    if (failed_) return *failed_;
    transaction_.begin_operation();
    note_stored_marks();
    for (const chat::ArchiveRecord& record : records) {
      auto taken = std::visit([this](const auto& one) { return take(one); }, record);
      // What could not be read says more than what was concluded from it.
      if (transaction_.error()) taken = *transaction_.error();
      if (!taken) return *(failed_ = taken.error());
    }
    if (!position.empty())
      transaction_.put(keys::meta("import"), std::string(archive_.view()) + position);
    return commit();
  }

  Result<Done> finish(chat::Version newest) override {
    if (failed_) return *failed_;
    transaction_.raise_version(newest);
    transaction_.erase(keys::meta("import"));
    return commit();
  }

 private:
  Result<Done> commit() {
    transaction_.require_sync();
    const auto status = transaction_.commit();
    if (!status.ok()) return *(failed_ = to_error(status));
    return Done{};
  }

  Result<Done> take(const chat::Account& account) {
    auto known = transaction_.account(account.id);
    if (known) {
      chat::Account same = account;
      same.last_seen = known->last_seen;
      if (same != *known) return conflict("account " + account.id.hex(), "is another one here");
      if (account.last_seen) Liveness::touch(transaction_, account.id, *account.last_seen);
      return Done{};
    }
    if (transaction_.account_by_email(chat::fold_email(account.email)))
      return conflict("account " + account.id.hex(), "another account has its e-mail address");
    put_account(transaction_, account);
    return Done{};
  }

  Result<Done> take(const chat::ArchivedLogin& login) {
    const auto known = transaction_.family(login.family.id);
    if (!known) {
      const FamilyRecord record{login.family, login.revoked};
      login.revoked ? put_ended_family(transaction_, record) : put_family(transaction_, record);
      return Done{};
    }
    const chat::Family &theirs = login.family, &ours = known->family;
    const bool is_same = ours.user == theirs.user && ours.token_id == theirs.token_id &&
                         ours.expires_at == theirs.expires_at && known->revoked == login.revoked;
    if (is_same) return Done{};
    return conflict("login " + login.family.id.hex(), "is another one here");
  }

  Result<Done> take(const chat::ArchivedConversation& archived) {
    const chat::Conversation& conversation = archived.conversation;
    const std::string name = "conversation " + conversation.id.hex();
    const Head* known = transaction_.find_head(conversation.id);
    if (known != nullptr && known->conversation() != conversation)
      return conflict(name, "is another one here");
    if (known == nullptr &&
        transaction_.find_pair(conversation.participants[0], conversation.participants[1]))
      return conflict(name, "its participants have another conversation here");
    open_ = archived;
    note_stored_marks();
    return Done{};
  }

  Result<Done> take(const chat::Message& message) {
    Head* head = transaction_.find_head(message.conversation_id);
    if (transaction_.error()) return *transaction_.error();
    if (head == nullptr) head = &transaction_.add_head(empty_head());
    const auto sender = head->member(message.sender);
    if (!sender) return conflict(name_of(message), "its sender takes no part");
    MessageRecord record = record_of(message, *sender);
    auto placed =
        message.seq <= head->last_seq ? find(*head, message, record) : add(*head, message, record);
    if (!placed) return placed;
    for (Member member = 0; member < head->members.size(); ++member) {
      if (auto moved = move_marks(*head, member, message, record); !moved) return moved;
    }
    return Done{};
  }

  Head empty_head() const {
    Head head;
    head.id = open_->conversation.id;
    head.participants = open_->conversation.participants;
    head.created_at = head.last_created_at = open_->conversation.created_at;
    head.members.resize(head.participants.size());
    return head;
  }

  /// It is there already: the same, and no further in status than the watermarks will say.
  Result<Done> find(const Head& head, const chat::Message& message, MessageRecord& record) {
    auto known = transaction_.message(head, message.seq);
    if (!known) return *transaction_.error();
    record.sent = known->sent;
    if (record != *known) return conflict(name_of(message), "is another one here");
    chat::Message ours = head.message(message.seq, std::move(*known));
    transaction_.fill_times(head, std::span(&ours, 1));
    const auto differs = [](const std::optional<Time>& theirs, const std::optional<Time>& mine) {
      return theirs && mine && *theirs != *mine;
    };
    if (differs(message.delivered_at, ours.delivered_at) || differs(message.read_at, ours.read_at))
      return conflict(name_of(message), "was received or read at another time here");
    return Done{};
  }

  Result<Done> add(Head& head, const chat::Message& message, MessageRecord& record) {
    if (message.seq != head.last_seq + 1)
      return conflict(name_of(message), "the one before it is missing here");
    if (transaction_.location(message.id))
      return conflict(name_of(message), "its id is taken here");
    const bool goes_back = message.version <= head.last_version ||
                           (head.last_seq > 0 && message.created_at < head.last_created_at);
    if (goes_back) return conflict(name_of(message), "is older than the one before it here");
    take_place(head, record);
    put_message(transaction_, head, record);
    transaction_.raise_version(message.version);
    remember(head, record);
    return Done{};
  }

  /// Of two messages with one client id, long after each other, the newer one has it.
  void remember(const Head& head, const MessageRecord& record) {
    if (!record.client_id) return;
    const auto known =
        transaction_.sent_before(head.participants[record.sender], *record.client_id);
    if (!known || known->at <= record.created_at) remember_client_id(transaction_, head, record);
  }

  /// The watermarks pass this message. Each time of delivery or reading is a row, at the last
  /// message that has it; only the newest one's version is known, so the others take that of their
  /// message.
  Result<Done> move_marks(Head& head, Member member, const chat::Message& message,
                          const MessageRecord& record) {
    const chat::ArchivedReceipt& receipt = open_->receipts[member];
    const bool is_receiver = message.receiver == receipt.user;
    const auto none = std::optional<Time>{};
    auto done = pass(head, member, Mark::delivered, message, receipt.delivered,
                     is_receiver ? message.delivered_at : none);
    if (!done) return done.error();
    done =
        pass(head, member, Mark::read, message, receipt.read, is_receiver ? message.read_at : none);
    if (!done) return done.error();
    if (*done) head.members[member].sent_at_read = static_cast<std::int64_t>(record.sent[member]);
    return Done{};
  }

  /// False: it stays where it is.
  Result<bool> pass(Head& head, Member member, Mark mark, const chat::Message& message,
                    const chat::Watermark& target, const std::optional<Time>& at) {
    const chat::Watermarks& marks = head.members[member];
    const chat::Watermark before = mark == Mark::delivered ? marks.delivered : marks.read;
    const bool is_last = message.seq == target.seq;
    if ((!at && !is_last) || message.seq <= before.seq) return false;
    const chat::Version version = std::max(message.version, before.version + 1);
    const chat::Watermark to =
        is_last ? target : chat::Watermark{message.seq, version, at.value_or(Time{})};
    if (to.version <= before.version || to.version > target.version ||
        (before.seq > 0 && to.at < before.at))
      return conflict(name_of(message), "was received or read before an older one here");
    const chat::Seq stored = stored_marks_[member][static_cast<std::size_t>(mark)];
    if (before.seq > 0 && before.seq == stored && before.at == to.at)
      transaction_.erase(keys::watermark(head.id, member, mark, before.seq));
    transaction_.advance(head, member, mark, to);
    transaction_.raise_version(to.version);
    return true;
  }

  /// Which rows of the open conversation's watermarks are written already.
  void note_stored_marks() {
    stored_marks_ = {};
    const Head* head = open_ ? transaction_.find_head(open_->conversation.id) : nullptr;
    if (head == nullptr) return;
    for (Member member = 0; member < stored_marks_.size() && member < head->members.size();
         ++member) {
      const chat::Watermarks& marks = head->members[member];
      stored_marks_[member] = {marks.delivered.seq, marks.read.seq};
    }
  }

  std::unique_ptr<Engine> engine_;
  Transaction transaction_;
  Id<struct ArchiveTag> archive_;
  std::optional<chat::ArchivedConversation> open_;
  std::array<std::array<chat::Seq, 2>, 2> stored_marks_{};  ///< By member and mark.
  std::optional<Error> failed_;
};
}  // namespace

Result<std::unique_ptr<chat::ArchiveSink>> open_archive_sink(const Config& config) {
  auto engine = Engine::open(config, Access::write);
  if (!engine) return engine.error();
  auto sink = std::make_unique<Sink>(std::move(*engine), config);
  if (sink->error()) return *sink->error();
  return std::unique_ptr<chat::ArchiveSink>(std::move(sink));
}

}  // namespace parley::store::embedded
