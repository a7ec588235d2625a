#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "chat/ports/account_store.hpp"
#include "store/mongo/archive.hpp"
#include "store/mongo/load.hpp"
#include "store/mongo/schema.hpp"
#include "store/mongo/updates.hpp"
#include "store/mongo/users.hpp"

namespace parley::store::mongo {

namespace {
Error conflict(const std::string& name, std::string_view why) {
  return fail(Errc::conflict, name + ": " + std::string(why));
}

std::string name_of(const chat::Message& message) {
  return "message " + message.id.hex() + " (seq " + std::to_string(message.seq) +
         " of conversation " + message.conversation_id.hex() + ")";
}

Document session_document(const chat::ArchivedLogin& login) {
  const chat::Family& family = login.family;
  Document document;
  document.set("_id", family.id).set("user", family.user).set("tokenId", family.token_id);
  document.set("revoked", login.revoked).set("expiresAt", family.expires_at);
  if (login.revoked) document.set("revokedAt", wall_now());  // it is news here
  return document;
}

bool is_same(View document, const chat::ArchivedLogin& login) {
  const chat::Family& family = login.family;
  return document.id<chat::UserId>("user") == family.user &&
         document.text("tokenId") == std::string_view{family.token_id} &&
         document.boolean("revoked") == login.revoked &&
         document.time("expiresAt") == family.expires_at;
}

/// A conversation on its way in.
struct Open {
  explicit Open(const chat::ArchivedConversation& from) : archived(from) {
    head.id = from.conversation.id;
    head.created_at = from.conversation.created_at;
    for (const chat::UserId& user : from.conversation.participants)
      head.members.push_back({{}, user});
  }

  /// The next message has its place, and watermarks that stand at it are reached.
  Placed place(const chat::Message& message) {
    head.follow(message);
    last_text = message.content;
    for (std::size_t i = 0; i < head.members.size(); ++i) {
      const auto& [user, delivered, read] = archived.receipts[i];
      Member& one = head.members[i];
      if (delivered.seq == message.seq) one.delivered = delivered;
      if (read.seq == message.seq) {
        one.read = read;
        one.sent_at_read = static_cast<std::int64_t>(one.sent);
      }
    }
    return {message, head.sent(), {}};
  }

  /// What the conversation's document says by now; nothing goes back.
  void add_updates(std::vector<Update>& updates) const {
    if (head.last_seq == 0) return;
    updates.push_back(tail_update(head, last_text, nullptr));
    for (const Member& one : head.members) {
      Move move{head.id, one.user, {}, {}, {}, 0, one.sent_at_read, {}};
      if (one.delivered.seq > 0) move.delivered = one.delivered;
      if (one.read.seq > 0) move.read = one.read;
      add_move(updates, move, head, true);
    }
  }

  chat::ArchivedConversation archived;
  Head head;
  std::string last_text;
};

class Sink final : public chat::ArchiveSink {
 public:
  Sink(std::unique_ptr<Client> client, Lease lease)
      : client_(std::move(client)), lease_(std::move(lease)) {}

  Result<std::string> resume(const ObjectId& archive) override {
    archive_ = archive;
    const auto note = lease_.find_one(imports_collection, by_archive());
    if (!note) return note.error();
    return *note ? std::string(View(**note).text("position").value_or("")) : std::string{};
  }

  Result<Done> accept(const std::vector<chat::ArchiveRecord>& records,
                      const std::string& position) override {
    if (failed_) return *failed_;
    auto done = accept(records);
    if (done && !position.empty()) done = note(position);
    if (!done) return *(failed_ = done.error());
    return Done{};
  }

  /// Versions of nodes come from their clocks, and are above it already.
  Result<Done> finish(chat::Version) override {
    if (failed_) return *failed_;
    auto removed = lease_.remove(imports_collection, by_archive());
    if (!removed) return removed.error();
    return Done{};
  }

 private:
  using Accounts = std::vector<const chat::Account*>;
  using Logins = std::vector<const chat::ArchivedLogin*>;
  using Opened = std::vector<const chat::ArchivedConversation*>;

  Document by_archive() const {
    Document filter;
    filter.set("_id", archive_);
    return filter;
  }

  Result<Done> note(const std::string& position) {
    Update update;
    update.filter = by_archive();
    Document set;
    set.set("position", position);
    update.change.set("$set", set);
    update.upsert = true;
    auto written = lease_.update(imports_collection, update);
    if (!written) return written.error();
    return Done{};
  }

  Result<Done> accept(const std::vector<chat::ArchiveRecord>& records) {
    Accounts accounts;
    Logins logins;
    Opened conversations;
    for (const chat::ArchiveRecord& record : records) {
      if (const auto* one = std::get_if<chat::Account>(&record)) accounts.push_back(one);
      if (const auto* one = std::get_if<chat::ArchivedLogin>(&record)) logins.push_back(one);
      if (const auto* one = std::get_if<chat::ArchivedConversation>(&record))
        conversations.push_back(one);
    }
    if (auto done = put_accounts(accounts); !done) return done;
    if (auto done = put_logins(logins); !done) return done;
    if (auto done = put_conversations(conversations); !done) return done;
    return put_messages(records);
  }

  /// Inserts them all; gives the places of those that are refused as duplicates.
  Result<std::vector<std::size_t>> insert(std::string_view collection,
                                          const std::vector<Document>& documents) {
    std::vector<std::size_t> duplicates;
    if (documents.empty()) return duplicates;
    auto written = lease_.insert_many(collection, documents, Order::unordered);
    if (!written) return written.error();
    for (const WriteError& error : written->errors) {
      if (!error.is_duplicate()) return fail(Errc::internal, error.message);
      duplicates.push_back(error.index);
    }
    return duplicates;
  }

  template <class AnyId>
  Result<std::map<AnyId, Document>> find_all(std::string_view collection,
                                             const std::vector<AnyId>& ids) {
    std::map<AnyId, Document> all;
    if (ids.empty()) return all;
    Document filter;
    match_any(filter, "_id", std::span<const AnyId>(ids));
    auto documents = lease_.find(collection, filter);
    if (!documents) return documents.error();
    for (Document& document : *documents) {
      if (const auto id = View(document).id<AnyId>("_id")) all.emplace(*id, std::move(document));
    }
    return all;
  }

  Result<Done> bulk(std::string_view collection, const std::vector<Update>& updates) {
    if (updates.empty()) return Done{};
    auto written = lease_.bulk(collection, updates, Order::unordered);
    if (!written) return written.error();
    if (!written->errors.empty()) return fail(Errc::internal, written->errors.front().message);
    return Done{};
  }

  Result<Done> put_accounts(const Accounts& accounts) {
    std::vector<Document> documents;
    for (const auto* one : accounts) documents.push_back(to_document(*one));
    const auto duplicates = insert(users_collection, documents);
    if (!duplicates) return duplicates.error();
    std::vector<chat::UserId> ids;
    for (const std::size_t i : *duplicates) ids.push_back(accounts[i]->id);
    const auto known = find_all(users_collection, ids);
    if (!known) return known.error();
    std::vector<Update> updates;
    for (const std::size_t i : *duplicates) {
      const chat::Account& account = *accounts[i];
      const std::string name = "account " + account.id.hex();
      const auto found = known->find(account.id);
      if (found == known->end()) return conflict(name, "another account has its e-mail address");
      const auto ours = account_from(found->second);
      chat::Account same = account;
      if (ours) same.last_seen = ours->last_seen;
      if (!ours || same != *ours) return conflict(name, "is another one here");
      if (account.last_seen) updates.push_back(seen_update(account));
    }
    return bulk(users_collection, updates);
  }

  static Update seen_update(const chat::Account& account) {
    Update update;
    Document later;
    later.set("lastSeen", *account.last_seen);
    update.filter.set("_id", account.id);
    update.change.set("$max", later);
    return update;
  }

  Result<Done> put_logins(const Logins& logins) {
    std::vector<Document> documents;
    for (const auto* one : logins) documents.push_back(session_document(*one));
    const auto duplicates = insert(sessions_collection, documents);
    if (!duplicates) return duplicates.error();
    std::vector<chat::FamilyId> ids;
    for (const std::size_t i : *duplicates) ids.push_back(logins[i]->family.id);
    const auto known = find_all(sessions_collection, ids);
    if (!known) return known.error();
    for (const std::size_t i : *duplicates) {
      const auto found = known->find(logins[i]->family.id);
      if (found == known->end() || !is_same(found->second, *logins[i]))
        return conflict("login " + logins[i]->family.id.hex(), "is another one here");
    }
    return Done{};
  }

  Result<Done> put_conversations(const Opened& conversations) {
    std::vector<Document> documents;
    for (const auto* one : conversations) documents.push_back(new_conversation(Open(*one).head));
    const auto duplicates = insert(conversations_collection, documents);
    if (!duplicates) return duplicates.error();
    std::vector<chat::ConversationId> ids;
    for (const std::size_t i : *duplicates) ids.push_back(conversations[i]->conversation.id);
    const auto known = find_all(conversations_collection, ids);
    if (!known) return known.error();
    for (const std::size_t i : *duplicates) {
      const chat::Conversation& conversation = conversations[i]->conversation;
      const std::string name = "conversation " + conversation.id.hex();
      const auto found = known->find(conversation.id);
      if (found == known->end())
        return conflict(name, "its participants have another conversation here");
      const auto head = head_from(found->second);
      if (!head || head->head.conversation() != conversation)
        return conflict(name, "is another one here");
    }
    return Done{};
  }

  Result<Done> put_messages(const std::vector<chat::ArchiveRecord>& records) {
    std::vector<Placed> placed;
    std::vector<Document> documents;
    std::vector<Update> updates;
    const auto close = [&] {
      if (open_) open_->add_updates(updates);
    };
    for (const chat::ArchiveRecord& record : records) {
      if (const auto* conversation = std::get_if<chat::ArchivedConversation>(&record)) {
        close();
        open_.emplace(*conversation);
      }
      const auto* message = std::get_if<chat::Message>(&record);
      if (message == nullptr || !open_) continue;
      placed.push_back(open_->place(*message));
      documents.push_back(to_document(placed.back(), open_->head));
    }
    const auto duplicates = insert(messages_collection, documents);
    if (!duplicates) return duplicates.error();
    if (auto done = settle(*duplicates, placed, documents); !done) return done;
    // Messages first: the conversation's document never knows of one that is not there.
    if (!placed.empty()) close();
    return bulk(conversations_collection, updates);
  }

  /// Messages that could not be inserted are there already, or something is in their way.
  Result<Done> settle(const std::vector<std::size_t>& duplicates, const std::vector<Placed>& placed,
                      const std::vector<Document>& documents) {
    std::vector<chat::MessageId> ids;
    for (const std::size_t i : duplicates) ids.push_back(placed[i].message.id);
    const auto known = find_all(messages_collection, ids);
    if (!known) return known.error();
    std::vector<Update> updates;
    for (const std::size_t i : duplicates) {
      const chat::Message& message = placed[i].message;
      const auto found = known->find(message.id);
      auto done = found == known->end() ? insert_late(message, documents[i])
                                        : compare(message, found->second, updates);
      if (!done) return done;
    }
    return bulk(messages_collection, updates);
  }

  Result<Done> compare(const chat::Message& message, View document, std::vector<Update>& updates) {
    auto found = message_from(document);
    if (!found) return conflict(name_of(message), "is another one here");
    chat::Message& ours = found->message;
    if (!ours.client_id) ours.client_id = text_of(document.at(former_client_id));
    const auto differs = [](const std::optional<Time>& theirs, const std::optional<Time>& mine) {
      return theirs && mine && *theirs != *mine;
    };
    if (differs(message.delivered_at, ours.delivered_at) || differs(message.read_at, ours.read_at))
      return conflict(name_of(message), "was received or read at another time here");
    const bool is_further = message.status() > ours.status();
    ours.delivered_at = message.delivered_at;
    ours.read_at = message.read_at;
    if (ours != message) return conflict(name_of(message), "is another one here");
    if (is_further) updates.push_back(status_update(message));
    return Done{};
  }

  static Update status_update(const chat::Message& message) {
    Update update;
    Document set;
    set.set("status", chat::to_string(message.status()))
        .set("deliveredAt", message.delivered_at)
        .set("readAt", message.read_at)
        .set("updatedAt", message.updated_at());
    update.filter.set("_id", message.id);
    update.change.set("$set", set);
    return update;
  }

  /// Another message has its place in the conversation, or its client id. Of two with one client
  /// id, long after each other, the newer one has it.
  Result<Done> insert_late(const chat::Message& message, const Document& document) {
    Document place;
    place.set("conversationId", message.conversation_id).set("seq", message.seq);
    const auto other = lease_.find_one(messages_collection, place);
    if (!other) return other.error();
    if (*other || !message.client_id)
      return conflict(name_of(message), "another message has its place here");
    Document filter;
    filter.set("sender", message.sender);
    set_text(filter, "clientId", *message.client_id);
    const auto holder = lease_.find_one(messages_collection, filter);
    if (!holder) return holder.error();
    const auto known = *holder ? message_from(**holder) : std::nullopt;
    if (!known) return conflict(name_of(message), "another message is in its way here");
    if (known->message.created_at > message.created_at) return insert_former(document);
    if (auto done = make_former(known->message); !done) return done;
    return insert_one(document);
  }

  Result<Done> insert_one(const Document& document) {
    return lease_.insert(messages_collection, document);
  }

  Result<Done> insert_former(const Document& document) {
    Document former;
    document.view().each([&](std::string_view name, const Value& value) {
      former.set(name == "clientId" ? former_client_id : name, value);
    });
    return insert_one(former);
  }

  Result<Done> make_former(const chat::Message& message) {
    Update update;
    Document set, unset;
    set_text(set, former_client_id, *message.client_id);
    unset.set("clientId", 1);
    update.filter.set("_id", message.id);
    update.change.set("$set", set).set("$unset", unset);
    auto written = lease_.update(messages_collection, update);
    if (!written) return written.error();
    return Done{};
  }

  std::unique_ptr<Client> client_;
  Lease lease_;
  ObjectId archive_{};
  std::optional<Open> open_;
  std::optional<Error> failed_;
};
}  // namespace

Result<std::unique_ptr<chat::ArchiveSink>> open_archive_sink(StoreConfig config) {
  auto client = open_with_indexes(config.connection);
  if (!client) return std::move(client).error();
  auto lease = (*client)->lease();
  if (!lease) return std::move(lease).error();
  return std::unique_ptr<chat::ArchiveSink>(
      std::make_unique<Sink>(std::move(*client), std::move(*lease)));
}

}  // namespace parley::store::mongo
