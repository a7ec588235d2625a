#include <algorithm>
#include <deque>
#include <optional>

#include "store/mongo/archive.hpp"
#include "store/mongo/load.hpp"
#include "store/mongo/schema.hpp"
#include "store/mongo/users.hpp"

namespace parley::store::mongo {

namespace {
using chat::Watermark;

constexpr std::int64_t page_people = 500;
constexpr std::int64_t page_conversations = 100;
constexpr std::int64_t page_messages = 1'000;
/// A batch ends between two conversations when it has so many records, ...
constexpr std::size_t enough_records = 250;
constexpr std::size_t enough_bytes = 512u << 10;
/// ... and in the middle of one when it has these.
constexpr std::size_t most_records = 1'000;
constexpr std::size_t most_bytes = 2u << 20;

/// The letters begin positions.
enum class Stage : char { accounts = 'a', logins = 'l', conversations = 'c', end = 'e' };

/// One that has never moved has neither version nor time.
Watermark plain(const Watermark& mark) { return mark.seq == 0 ? Watermark{} : mark; }

/// `{_id: {$gt: after}}`, of ObjectIds only.
Document behind(const ObjectId& after) {
  Document filter, range;
  range.set(after == ObjectId{} ? "$gte" : "$gt", after);
  filter.set("_id", range);
  return filter;
}

Document sorted(std::string_view first, std::string_view second, std::int64_t limit) {
  Document options, sort;
  sort.set(first, 1);
  if (!second.empty()) sort.set(second, 1);
  options.set("sort", sort).set("limit", limit);
  return options;
}

std::optional<chat::ArchivedLogin> login_from(View document) {
  const auto id = document.id<chat::FamilyId>("_id");
  const auto user = document.id<chat::UserId>("user");
  const auto expires = document.time("expiresAt");
  if (!id || !user || !expires) return std::nullopt;
  const auto token = document.text("tokenId").value_or("");
  return chat::ArchivedLogin{{*id, *user, std::string(token), *expires},
                             document.boolean("revoked").value_or(false)};
}

/// A conversation on its way out. Node servers may have left times that go back, and statuses that
/// no watermark knows: they are put in order.
struct Open {
  explicit Open(Head from) : head(std::move(from)), passed(head.members.size()) {
    for (Member& one : head.members) {
      if (one.read.seq > one.delivered.seq) one.delivered = one.read;
      receipts.push_back({one.user, plain(one.delivered), plain(one.read)});
    }
  }

  void straighten(chat::Message& message) {
    message.created_at = std::max(message.created_at, last_created);
    last_created = message.created_at;
    head.complete(message);
    const auto receiver = head.member(message.receiver);
    if (!receiver) return;
    const chat::ArchivedReceipt& receipt = receipts[*receiver];
    straighten(message.delivered_at, message.seq, receipt.delivered, passed[*receiver].delivered);
    straighten(message.read_at, message.seq, receipt.read, passed[*receiver].read);
  }

  static void straighten(std::optional<Time>& at, chat::Seq seq, const Watermark& mark,
                         Time& before) {
    if (seq > mark.seq) at.reset();
    if (!at) return;
    at = seq == mark.seq ? mark.at : std::min(std::max(*at, before), mark.at);
    before = *at;
  }

  Head head;
  std::vector<chat::ArchivedReceipt> receipts;
  struct Passed {
    Time delivered, read;
  };
  std::vector<Passed> passed;
  Time last_created;
  chat::Seq last_seq = 0;
};

class Source final : public chat::ArchiveSource {
 public:
  Source(StoreConfig config, std::unique_ptr<Client> client, Lease lease)
      : context_(std::move(config), client->clock()),
        client_(std::move(client)),
        lease_(std::move(lease)),
        now_(context_.config.connection.clock()) {}

  Result<Done> begin() {
    auto counted = totals();
    if (!counted) return counted.error();
    Document newest;
    newest.set("parley.v", -1);
    Document options;
    options.set("sort", newest).set("limit", 1);
    const auto last = lease_.find_one(conversations_collection, {}, options);
    if (!last) return last.error();
    const auto version = *last ? View(**last).count("parley.v").value_or(0) : 0;
    fingerprint_ = "mongodb " + client_->database() + " " + std::to_string(counted->all()) + " " +
                   std::to_string(version);
    return Done{};
  }

  std::string_view store() const override { return "mongodb"; }
  std::string fingerprint() const override { return fingerprint_; }
  /// No cursor is ahead of the clock.
  chat::Version newest() const override {
    return VersionClock::floor_of(context_.now() + std::chrono::seconds(1));
  }

  Result<chat::ArchiveTotals> totals() override {
    chat::ArchiveTotals totals;
    const std::pair<std::string_view, std::uint64_t*> counts[] = {
        {users_collection, &totals.accounts},
        {sessions_collection, &totals.logins},
        {conversations_collection, &totals.conversations},
        {messages_collection, &totals.messages}};
    for (const auto& [collection, count] : counts) {
      const auto counted = lease_.count(collection);
      if (!counted) return counted.error();
      *count = *counted;
    }
    return totals;
  }

  Result<Done> seek(std::string_view position) override {
    stage_ = Stage::accounts;
    after_ = {};
    heads_.clear();
    open_.reset();
    buffer_.clear();
    unasked_.clear();
    partial_.reset();
    if (position.empty()) return Done{};
    const auto id = object_id_from_hex(position.substr(1));
    const char stage = position.front();
    if (!id || (stage != 'a' && stage != 'l' && stage != 'c'))
      return fail(Errc::bad_request, "not a position of this store");
    stage_ = static_cast<Stage>(stage);
    after_ = *id;
    return Done{};
  }

  Result<chat::ArchiveBatch> next() override {
    batch_ = {};
    bytes_ = 0;
    while (stage_ != Stage::end && !is_full()) {
      const Result<Done> stepped = step();
      if (!stepped) return stepped.error();
    }
    if (!open_ && !batch_.records.empty())
      batch_.position = static_cast<char>(given_stage_) + to_hex(given_);
    return std::move(batch_);
  }

 private:
  bool is_full() const {
    const bool is_enough = batch_.records.size() >= enough_records || bytes_ >= enough_bytes;
    const bool is_most = batch_.records.size() >= most_records || bytes_ >= most_bytes;
    return open_ ? is_most : is_enough;
  }

  Result<Done> step() {
    switch (stage_) {
      case Stage::accounts:
        return add_page(users_collection, behind(after_), Stage::logins);
      case Stage::logins: {
        Document filter = behind(after_), good;
        good.set("$gt", now_);
        filter.set("expiresAt", good);
        return add_page(sessions_collection, filter, Stage::conversations);
      }
      case Stage::conversations:
        return open_ || !heads_.empty() ? add_messages() : load_page();
      case Stage::end:
        break;
    }
    return Done{};
  }

  void give(const ObjectId& id) {
    given_ = id;
    given_stage_ = stage_;
  }

  Result<Done> add_page(std::string_view collection, const Document& filter, Stage following) {
    const auto page = lease_.find(collection, filter, sorted("_id", {}, page_people));
    if (!page) return page.error();
    for (const View document : *page) {
      const auto id = document.at("_id").object_id();
      if (!id) continue;
      add_person(document);
      after_ = *id;
      give(*id);
    }
    if (page->size() < static_cast<std::size_t>(page_people)) {
      stage_ = following;
      after_ = {};
    }
    return Done{};
  }

  void add_person(View document) {
    if (stage_ == Stage::accounts) {
      if (auto account = account_from(document)) batch_.records.emplace_back(std::move(*account));
    } else if (auto login = login_from(document)) {
      batch_.records.emplace_back(std::move(*login));
    }
  }

  /// The next conversations, adopted where it takes that.
  Result<Done> load_page() {
    Document options = sorted("_id", {}, page_conversations), only;
    only.set("_id", 1);
    options.set("projection", only);
    const auto page = lease_.find(conversations_collection, behind(after_), options);
    if (!page) return page.error();
    std::vector<chat::ConversationId> ids;
    for (const View document : *page) {
      if (const auto id = document.id<chat::ConversationId>("_id")) ids.push_back(*id);
    }
    if (ids.empty()) {
      stage_ = Stage::end;
      return Done{};
    }
    after_ = ids.back().bytes;
    auto heads = load_heads(lease_, context_, ids);
    if (!heads) return heads.error();
    std::sort(heads->begin(), heads->end(),
              [](const Head& a, const Head& b) { return a.id < b.id; });
    for (Head& head : *heads) {
      unasked_.push_back(head.id);
      heads_.push_back(std::move(head));
    }
    return Done{};
  }

  /// Messages of the conversation that is open; opens the next one, and closes it.
  Result<Done> add_messages() {
    const chat::ConversationId id = open_ ? open_->head.id : heads_.front().id;
    if (buffer_.empty() && may_have_more(id)) return refill();
    if (buffer_.empty() || buffer_.front().message.conversation_id != id) {
      if (!open_) heads_.pop_front();  // no message: nothing to give
      open_.reset();
      return Done{};
    }
    if (!open_) open();
    while (!buffer_.empty() && buffer_.front().message.conversation_id == id && !is_full()) {
      if (auto added = add(std::move(buffer_.front().message)); !added) return added;
      buffer_.pop_front();
    }
    return Done{};
  }

  void open() {
    open_.emplace(std::move(heads_.front()));
    heads_.pop_front();
    give(open_->head.id.bytes);
    batch_.records.emplace_back(
        chat::ArchivedConversation{open_->head.conversation(), open_->receipts});
  }

  Result<Done> add(chat::Message message) {
    if (message.seq != open_->last_seq + 1)
      return fail(Errc::corrupt, "message " + std::to_string(open_->last_seq + 1) +
                                     " of conversation " + open_->head.id.hex() + " is missing");
    ++open_->last_seq;
    open_->straighten(message);
    bytes_ += message.content.size();
    batch_.records.emplace_back(std::move(message));
    return Done{};
  }

  bool may_have_more(chat::ConversationId id) const {
    return (partial_ && partial_->conversation == id) ||
           (!unasked_.empty() && unasked_.front() <= id);
  }

  /// The rest of the conversation that a page has cut, or the first messages of those that follow.
  Result<Done> refill() {
    Document filter, range;
    if (partial_) {
      filter.set("conversationId", partial_->conversation);
    } else {
      match_any(filter, "conversationId", std::span<const chat::ConversationId>(unasked_));
    }
    range.set("$gt", partial_ ? partial_->seq : chat::Seq{0});
    filter.set("seq", range);
    const auto page =
        lease_.find(messages_collection, filter, sorted("conversationId", "seq", page_messages));
    if (!page) return page.error();
    for (const View document : *page) {
      auto found = message_from(document);
      if (!found) return fail(Errc::corrupt, "a message that nobody can have written");
      if (!found->message.client_id)
        found->message.client_id = text_of(document.at(former_client_id));
      buffer_.push_back(std::move(*found));
    }
    const bool is_cut = page->size() == static_cast<std::size_t>(page_messages);
    if (!partial_) forget_asked(is_cut);
    partial_.reset();
    if (is_cut) {
      const chat::Message& last = buffer_.back().message;
      partial_ = Location{last.conversation_id, last.seq, {}, {}};
    }
    return Done{};
  }

  void forget_asked(bool is_cut) {
    const auto is_asked = [&](const chat::ConversationId& id) {
      return !is_cut || id <= buffer_.back().message.conversation_id;
    };
    std::erase_if(unasked_, is_asked);
  }

  Context context_;
  std::unique_ptr<Client> client_;
  Lease lease_;
  const Time now_;
  std::string fingerprint_;

  Stage stage_ = Stage::accounts;
  ObjectId after_{};
  Stage given_stage_ = Stage::accounts;
  ObjectId given_{};  ///< The last one in a batch.
  std::deque<Head> heads_;
  std::optional<Open> open_;
  std::deque<Found> buffer_;
  std::vector<chat::ConversationId> unasked_;  ///< Of heads_: whose messages nobody asked for.
  std::optional<Location> partial_;            ///< The last message of a page that was cut.
  chat::ArchiveBatch batch_;
  std::size_t bytes_ = 0;
};
}  // namespace

Result<std::unique_ptr<chat::ArchiveSource>> open_archive_source(StoreConfig config) {
  auto client = open_with_indexes(config.connection);
  if (!client) return std::move(client).error();
  auto lease = (*client)->lease();
  if (!lease) return std::move(lease).error();
  auto source = std::make_unique<Source>(std::move(config), std::move(*client), std::move(*lease));
  if (auto begun = source->begin(); !begun) return begun.error();
  return std::unique_ptr<chat::ArchiveSource>(std::move(source));
}

}  // namespace parley::store::mongo
