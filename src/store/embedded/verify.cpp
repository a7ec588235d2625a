#include "store/embedded/verify.hpp"

#include <algorithm>

#include "chat/ports/account_store.hpp"
#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/job_rows.hpp"
#include "store/embedded/walk.hpp"

namespace parley::store::embedded {

namespace {
class Verifier {
 public:
  explicit Verifier(Engine& engine) : engine_(engine), view_(engine) {}

  Result<Findings> run() {
    version_ = view_.version();
    check_accounts();
    check_heads();
    check_messages();
    check_pointers();
    check_memberships();
    check_endings();
    check_jobs();
    if (!view_.error()) return std::move(findings_);
    if (view_.error()->code != Errc::corrupt) return *view_.error();
    findings_.broken.push_back(view_.error()->detail);
    return std::move(findings_);
  }

 private:
  template <class Check>
  void walk(Table table, char tag, Check check) {
    Walk rows(engine_, view_.snapshot(), table, tag);
    for (; rows.valid(); rows.next()) check(rows);
    if (!rows.status().ok()) view_.set_error(to_error(rows.status()));
  }

  void expect(bool holds, const std::string& subject, const char* rule) {
    if (holds || findings_.broken.size() >= Findings::max_findings) return;
    findings_.broken.push_back(subject + ": " + rule);
  }

  void check_accounts() {
    walk(Table::people, keys::account_tag, [this](Walk& row) {
      ++findings_.accounts;
      const auto id = row.key().id<chat::UserId>();
      const auto account = decode_account(row.value());
      const std::string subject = "account " + id.hex();
      expect(account.has_value(), subject, "does not decode");
      if (!account) return;
      std::string ignored;
      expect(view_.account_by_email(chat::fold_email(account->email)) == id, subject,
             "is not found by its address");
      expect(view_.get(keys::username(chat::fold_username(account->username), id), ignored) !=
                 account->deleted,
             subject,
             account->deleted ? "is found by its username" : "is not found by its username");
      expect(view_.get(keys::bar(id), ignored) == account->disabled, subject,
             "is barred or not, and is not said to be so");
    });
  }

  void check_heads() {
    walk(Table::chat, keys::head_tag, [this](Walk& row) {
      ++findings_.conversations;
      auto head = decode_head(row.value());
      const auto id = row.key().id<chat::ConversationId>();
      const std::string subject = "conversation " + id.hex();
      expect(head.has_value(), subject, "its head does not decode");
      if (!head) return;
      head->id = id;
      check_head(*head, subject);
    });
  }

  void check_head(const Head& head, const std::string& subject) {
    expect(head.last_seq > 0, subject, "has no message");
    expect(head.changed() <= version_, subject, "is newer than the store");
    expect(view_.conversation_of(head.participants[0], head.participants[1]) == head.id, subject,
           "is not found by its pair");
    std::uint64_t sent = 0;
    for (Member member = 0; member < head.participants.size(); ++member) {
      sent += head.members[member].sent;
      std::string ignored;
      expect(view_.get(keys::membership(head.participants[member], head.id), ignored), subject,
             "a participant has no membership");
      check_member(head, member, subject);
    }
    expect(sent == head.last_seq, subject,
           "what its participants sent does not add up to its messages");
    const auto last = view_.message(head, head.last_seq);
    if (!last) return;
    expect(last->version == head.last_version && last->created_at == head.last_created_at, subject,
           "its head does not match its last message");
    for (Member member = 0; member < head.participants.size(); ++member) {
      expect(last->sent[member] == head.members[member].sent, subject,
             "its head counts other messages than its last message");
    }
  }

  void check_member(const Head& head, Member member, const std::string& subject) {
    const chat::Watermarks& marks = head.members[member];
    expect(marks.read.seq <= marks.delivered.seq, subject, "more is read than delivered");
    expect(marks.delivered.seq <= head.last_seq, subject, "more is delivered than there is");
    check_advances(head, member, Mark::delivered, marks.delivered, subject);
    check_advances(head, member, Mark::read, marks.read, subject);
    if (marks.read.seq == 0)
      return expect(marks.sent_at_read == 0, subject, "counts what was sent before reading");
    const auto read = view_.message(head, marks.read.seq);
    expect(read && static_cast<std::int64_t>(read->sent[member]) == marks.sent_at_read, subject,
           "counts wrongly what was sent when reading");
  }

  /// The rows of one watermark ascend in every respect, and the last is where the head says.
  void check_advances(const Head& head, Member member, Mark mark, const chat::Watermark& reached,
                      const std::string& subject) {
    const Key from = keys::watermark(head.id, member, mark, 0);
    chat::Watermark before;
    for (Scan row = view_.scan(from, from.bytes.size() - sizeof(chat::Seq)); row.valid();
         row.next()) {
      const auto record = decode_watermark(row.value());
      expect(record.has_value(), subject, "a watermark does not decode");
      if (!record) return;
      const chat::Watermark here{Parser(row.rest()).be64(), record->version, record->at};
      expect(here.version > before.version, subject, "a watermark's versions do not ascend");
      expect(before.seq == 0 || here.at >= before.at, subject, "a watermark's times go back");
      before = here;
    }
    expect(before == reached, subject, "its head does not match its last watermark");
  }

  void check_messages() {
    Head head;
    MessageRecord before;
    chat::Seq expected = 1;
    walk(Table::chat, keys::message_tag, [&](Walk& row) {
      ++findings_.messages;
      Parser key = row.key();
      const auto conversation = key.id<chat::ConversationId>();
      const chat::Seq seq = key.be64();
      const std::string subject = "message " + std::to_string(seq) + " of " + conversation.hex();
      if (conversation != head.id) {
        expect(expected == head.last_seq + 1 || head.participants.empty(), head.id.hex(),
               "ends before its head says");
        expected = 1;
        before = MessageRecord{};
        head = view_.head(conversation).value_or(Head{});
        head.id = conversation;
      }
      expect(seq == expected, subject, "a seq is missing before it");
      expected = seq + 1;
      auto record = decode_message(row.value());
      expect(record && record->sent.size() == head.participants.size(), subject, "does not decode");
      if (!record || record->sent.size() != head.participants.size()) return;
      check_message(*record, before, {conversation, seq}, subject);
      before = std::move(*record);
    });
    expect(expected == head.last_seq + 1 || head.participants.empty(), head.id.hex(),
           "ends before its head says");
  }

  void check_message(const MessageRecord& record, const MessageRecord& before,
                     const Location& place, const std::string& subject) {
    expect(record.version > before.version && record.version <= version_, subject,
           "its version is out of order");
    expect(before.sent.empty() || record.created_at >= before.created_at, subject,
           "is older than the one before it");
    expect(view_.location(record.id) == place, subject, "is not found by its id");
    for (Member member = 0; member < record.sent.size(); ++member) {
      const std::uint64_t sent = before.sent.empty() ? 0 : before.sent[member];
      expect(record.sent[member] == sent + (member == record.sender ? 1 : 0), subject,
             "counts wrongly who sent how many");
    }
  }

  /// Ids and client ids lead to messages that carry them.
  void check_pointers() {
    walk(Table::chat, keys::message_id_tag, [this](Walk& row) {
      const auto id = row.key().id<chat::MessageId>();
      const auto place = decode_location(row.value());
      const auto record = place ? record_at(*place) : std::nullopt;
      expect(record && record->id == id, "message id " + id.hex(), "leads to another message");
    });
    walk(Table::chat, keys::client_id_tag, [this](Walk& row) {
      Parser key = row.key();
      const auto sender = key.id<chat::UserId>();
      const auto client_id = key.rest();
      const auto known = decode_idempotency(row.value());
      const auto record = known ? record_at(known->location) : std::nullopt;
      expect(record && record->client_id == client_id, "a client id of " + sender.hex(),
             "leads to another message");
    });
  }

  std::optional<MessageRecord> record_at(const Location& place) {
    std::string value;
    return view_.get(keys::message(place.conversation, place.seq), value) ? decode_message(value)
                                                                          : std::nullopt;
  }

  void check_memberships() {
    walk(Table::chat, keys::membership_tag, [this](Walk& row) {
      Parser key = row.key();
      const auto user = key.id<chat::UserId>();
      const auto head = view_.head(key.id<chat::ConversationId>());
      expect(head && head->member(user), "a membership of " + user.hex(),
             "is of no conversation of theirs");
    });
  }

  void check_endings() {
    walk(Table::people, keys::ended_tag, [this](Walk& row) {
      Parser key = row.key();
      key.be64();
      const auto id = key.id<chat::FamilyId>();
      const std::string subject = "the end of login " + id.hex();
      expect(key.finished() && decode_ended(row.value()), subject, "does not decode");
      const auto family = view_.family(id);
      expect(!family || family->revoked, subject, "is of one that goes on");
    });
  }

  void check_jobs() {
    check_kind(keys::job_tag, "job ", &decode_job);
    check_kind(keys::job_owner_tag, "the job of ",
               [](const std::string&, std::string_view value) { return decode_job_owner(value); });
    check_kind(keys::job_log_tag, "the log of job ",
               [](const std::string&, std::string_view value) { return decode_job_log(value); });
    std::string value;
    if (view_.get(keys::meta("jobs"), value))
      expect(decode_job_meta(value).has_value(), "the queue of jobs", "does not decode");
  }

  template <class Decode>
  void check_kind(char tag, const char* what, Decode decode) {
    walk(Table::people, tag, [&](Walk& row) {
      const std::string id(row.key().rest());
      expect(decode(id, row.value()).has_value(), what + id, "does not decode");
    });
  }

  Engine& engine_;
  View view_;
  chat::Version version_ = 0;
  Findings findings_;
};
}  // namespace

Result<Findings> verify(Database& database) { return Verifier(*database.internals().engine).run(); }

namespace {
Result<std::unique_ptr<Engine>> open_stopped(const std::filesystem::path& data) {
  Config config;
  config.directory = data / "db";
  return Engine::open_existing(config, Access::read_only);
}
}  // namespace

Result<Findings> verify_stopped(const std::filesystem::path& data) {
  const auto engine = open_stopped(data);
  if (!engine) return engine.error();
  return Verifier(**engine).run();
}

Result<Done> try_stopped(const std::filesystem::path& data) {
  const auto engine = open_stopped(data);
  if (!engine) return engine.error();
  return Done{};
}

}  // namespace parley::store::embedded
