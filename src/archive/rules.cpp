#include "archive/rules.hpp"

#include <algorithm>

namespace parley::archive {

namespace {
Error broken(std::string subject, std::string_view rule) {
  return fail(Errc::corrupt, std::move(subject.append(": ").append(rule)));
}

std::string name_of(const chat::Message& message) {
  return "message " + message.id.hex() + " (seq " + std::to_string(message.seq) +
         " of conversation " + message.conversation_id.hex() + ")";
}

std::string name_of(const chat::Conversation& conversation) {
  return "conversation " + conversation.id.hex();
}

bool is_empty(const chat::Watermark& mark) { return mark == chat::Watermark{}; }

/// One mark and the times of messages: present exactly up to it, ascending, none after its own.
const char* judge(const chat::Watermark& mark, chat::Seq seq, const std::optional<Time>& at,
                  std::optional<Time>& before) {
  if (at.has_value() != (seq <= mark.seq)) return "its status is not what its receiver's mark says";
  if (!at) return nullptr;
  if ((before && *at < *before) || *at > mark.at || (seq == mark.seq && *at != mark.at))
    return "times of delivery or reading go back";
  before = at;
  return nullptr;
}
}  // namespace

void Rules::resume(const chat::ArchiveTotals& totals, chat::Version newest) {
  totals_ = totals;
  newest_ = newest;
}

Result<Done> Rules::check(const chat::ArchiveRecord& record) {
  return std::visit([this](const auto& one) { return check_one(one); }, record);
}

Result<Done> Rules::enter(Section section, const ObjectId& id, const char* kind) {
  const std::string name = kind + (" " + to_hex(id));
  if (open_) return broken(name, "comes before the end of a conversation");
  if (section < section_) return broken(name, "comes too late");
  if (section > section_) last_id_.reset();
  section_ = section;
  if (last_id_ && id <= *last_id_) return broken(name, "ids do not ascend");
  last_id_ = id;
  return Done{};
}

Result<Done> Rules::check_one(const chat::Account& account) {
  if (auto good = enter(Section::accounts, account.id.bytes, "account"); !good) return good;
  ++totals_.accounts;
  return Done{};
}

Result<Done> Rules::check_one(const chat::ArchivedLogin& login) {
  if (auto good = enter(Section::logins, login.family.id.bytes, "login"); !good) return good;
  ++totals_.logins;
  return Done{};
}

Result<Done> Rules::check_one(const chat::ArchivedConversation& archived) {
  const chat::Conversation& conversation = archived.conversation;
  const std::string name = name_of(conversation);
  if (auto good = enter(Section::conversations, conversation.id.bytes, "conversation"); !good)
    return good;
  const auto& people = conversation.participants;
  if (people.size() != 2 || !(people[0] < people[1]))
    return broken(name, "is not of two participants, the smaller id first");
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (i >= archived.receipts.size() || archived.receipts[i].user != people[i])
      return broken(name, "its receipts are not those of its participants");
    const auto& [user, delivered, read] = archived.receipts[i];
    if (read.seq > delivered.seq) return broken(name, "more is read than delivered");
    const bool is_odd = (delivered.seq == 0 && !is_empty(delivered)) ||
                        (read.seq == 0 && !is_empty(read)) || delivered.at < Time{} ||
                        read.at < Time{};
    if (is_odd) return broken(name, "has a mark that cannot be");
    newest_ = std::max({newest_, delivered.version, read.version});
  }
  open_ = archived;
  last_seq_ = 0;
  last_version_ = 0;
  last_created_ = Time{};
  passed_.assign(people.size(), {});
  ++totals_.conversations;
  return Done{};
}

Result<Done> Rules::check_one(const chat::Message& message) {
  if (!open_ || message.conversation_id != open_->conversation.id)
    return broken(name_of(message), "is not in its conversation");
  const auto& people = open_->conversation.participants;
  const bool fits = (message.sender == people[0] && message.receiver == people[1]) ||
                    (message.sender == people[1] && message.receiver == people[0]);
  if (!fits) return broken(name_of(message), "is not between its conversation's participants");
  if (message.seq != last_seq_ + 1) return broken(name_of(message), "the one before it is missing");
  if (message.version <= last_version_) return broken(name_of(message), "versions do not ascend");
  if (message.created_at < last_created_) return broken(name_of(message), "times go back");
  last_seq_ = message.seq;
  last_version_ = message.version;
  last_created_ = message.created_at;
  newest_ = std::max(newest_, message.version);
  ++totals_.messages;
  return check_marks(message);
}

Result<Done> Rules::check_marks(const chat::Message& message) {
  for (std::size_t i = 0; i < passed_.size(); ++i) {
    const chat::ArchivedReceipt& receipt = open_->receipts[i];
    for (const chat::Watermark& mark : {receipt.delivered, receipt.read}) {
      if (mark.seq == message.seq && mark.version < message.version)
        return broken(name_of(message), "was received or read before it was sent");
    }
    if (receipt.user == message.sender) {
      if (receipt.read.seq == message.seq)
        return broken(name_of(message), "was read by its own sender");
      continue;
    }
    const char* problem =
        judge(receipt.delivered, message.seq, message.delivered_at, passed_[i].delivered);
    if (problem == nullptr)
      problem = judge(receipt.read, message.seq, message.read_at, passed_[i].read);
    if (problem != nullptr) return broken(name_of(message), problem);
  }
  return Done{};
}

Result<Done> Rules::end() {
  if (!open_) return fail(Errc::corrupt, "no conversation can end here");
  const std::string name = name_of(open_->conversation);
  const auto further = std::any_of(open_->receipts.begin(), open_->receipts.end(),
                                   [&](const auto& one) { return one.delivered.seq > last_seq_; });
  open_.reset();
  if (last_seq_ == 0) return broken(name, "has no message");
  if (further) return broken(name, "more is delivered than there is");
  return Done{};
}

}  // namespace parley::archive
