#include "store/mongo/migrate.hpp"

#include "chat/ports/account_store.hpp"
#include "store/mongo/adopt.hpp"
#include "store/mongo/documents.hpp"
#include "store/mongo/survey.hpp"
#include "store/mongo/users.hpp"

namespace parley::store::mongo {

namespace {
constexpr std::size_t page = 200;

Document exists(bool there) { return Document(Document().set("$exists", there)); }

/// Members of a document that are read; others stay where they are.
Document only(std::initializer_list<const char*> members) {
  Document projection;
  for (const char* member : members) projection.set(member, 1);
  return projection;
}

/// One run. Each step looks at documents in the order of their ids and asks of each what is
/// missing.
class Migration {
 public:
  Migration(Client& client, Lease& lease, Context& context, const MigrateOptions& options)
      : client_(client), lease_(lease), context_(context), options_(options) {}

  Result<Migrated> run() {
    for (const auto step : {&Migration::make_indexes, &Migration::complete_users,
                            &Migration::claim_pairs, &Migration::place_messages}) {
      if (auto done = (this->*step)(); !done) return std::move(done).error();
    }
    return result_;
  }

 private:
  using Page = std::vector<Document>;

  void tell(Step step, std::uint64_t done, std::uint64_t total) const {
    if (options_.progress) options_.progress({step, done, total});
  }

  void clash(Step step, const ObjectId& kept, const ObjectId& other) {
    ++result_.clashes;
    if (result_.listed.size() < Migrated::max_listed)
      result_.listed.push_back({step, to_hex(kept), to_hex(other)});
  }

  /// Calls `visit` with pages of the documents that match and have an ObjectId.
  template <class Visit>
  Result<Done> each_page(std::string_view collection, const Document& filter,
                         const Document& projection, Visit visit) {
    Document options;
    options.set("sort", Document().set("_id", 1)).set("limit", page);
    options.set("projection", projection);
    // Bounds compare within one type: nothing but ObjectIds comes.
    Document bound(Document().set("$gte", ObjectId{}));
    while (true) {
      Document next;
      next.merge(filter).set("_id", bound);
      const auto documents = lease_.find(collection, next, options);
      if (!documents) return documents.error();
      if (documents->empty()) return Done{};
      if (Result<Done> visited = visit(*documents); !visited) return visited;
      bound = Document(Document().set("$gt", documents->back().view().at("_id")));
    }
  }

  Result<Done> make_indexes() {
    const auto missing = missing_indexes(lease_);
    if (!missing) return missing.error();
    result_.indexes = missing->size();
    return ensure_indexes(client_, [this](const IndexProgress& progress) {
      tell(Step::indexes, progress.done, progress.total);
    });
  }

  Result<Done> complete_users() {
    const Array missing(
        std::vector<Document>{Document(Document().set("emailKey", exists(false))),
                              Document(Document().set("usernameKey", exists(false)))});
    const Document incomplete(Document().set("$or", missing));
    const auto total = lease_.count(users_collection, incomplete);
    if (!total) return total.error();
    std::uint64_t seen = 0;
    return each_page(users_collection, incomplete,
                     only({"email", "username", "emailKey", "usernameKey"}),
                     [&](const Page& users) -> Result<Done> {
                       if (auto done = complete(users); !done) return done;
                       tell(Step::users, seen += users.size(), *total);
                       return Done{};
                     });
  }

  Result<Done> complete(const Page& users) {
    std::vector<Update> names, addresses;
    for (const View user : users) {
      const auto name = user.text("username"), address = user.text("email");
      result_.unreadable += !name || !address;
      const auto set = [user](const char* key, const std::string& value) {
        const Document values(Document().set(key, value));
        return Update{Document(Document().set("_id", user.at("_id"))),
                      Document(Document().set("$set", values))};
      };
      if (name && !user.has("usernameKey"))
        names.push_back(set("usernameKey", chat::fold_username(*name)));
      if (address && !user.has("emailKey"))
        addresses.push_back(set("emailKey", chat::fold_email(*address)));
    }
    if (auto done = lease_.bulk(users_collection, names, Order::unordered); !done)
      return std::move(done).error();
    const auto done = lease_.bulk(users_collection, addresses, Order::unordered);
    if (!done) return done.error();
    result_.users += addresses.size() - done->errors.size();
    for (const WriteError& error : done->errors) {
      if (auto told = tell_clash(addresses[error.index]); !told) return told;
    }
    return Done{};
  }

  Result<Done> tell_clash(const Update& refused) {
    const Document key(Document().set("emailKey", refused.change.view().at("$set.emailKey")));
    const auto holder = lease_.find_one(users_collection, key);
    if (!holder) return holder.error();
    const auto kept = *holder ? (**holder).view().at("_id").object_id() : std::nullopt;
    clash(Step::users, kept.value_or(ObjectId{}),
          refused.filter.view().at("_id").object_id().value_or(ObjectId{}));
    return Done{};
  }

  Result<Done> claim_pairs() {
    const Document unclaimed(Document().set("pair", exists(false)));
    const auto total = lease_.count(conversations_collection, unclaimed);
    if (!total) return total.error();
    std::uint64_t seen = 0;
    return each_page(conversations_collection, unclaimed, only({"participants"}),
                     [&](const Page& conversations) -> Result<Done> {
                       for (const View one : conversations) {
                         if (auto done = claim_pair(one); !done) return done;
                       }
                       tell(Step::conversations, seen += conversations.size(), *total);
                       return Done{};
                     });
  }

  /// Of several conversations of one pair the newest is where the next message goes.
  Result<Done> claim_pair(View conversation) {
    const auto pair = pair_of(conversation);
    if (!pair) {
      ++result_.unreadable;
      return Done{};
    }
    const auto all = lease_.find(
        conversations_collection,
        Document(Document().set("participants", Document().set("$all", pair->participants))),
        Document(Document().set("projection", only({"participants", "lastMessageAt", "pair"}))));
    if (!all) return all.error();
    std::optional<Contender> kept;
    for (const View one : *all) {
      const auto other = pair_of(one);
      if (!other || other->key != pair->key) continue;
      const auto contender = contender_of(one);
      if (!kept || contender > *kept) kept = contender;
    }
    const ObjectId own = *conversation.at("_id").object_id();
    if (!kept) return Done{};  // it has gone meanwhile
    if (kept->id != own) clash(Step::conversations, kept->id, own);
    return kept->has_key ? Result<Done>(Done{}) : set_pair(kept->id, pair->key);
  }

  Result<Done> set_pair(const ObjectId& id, const std::string& key) {
    Update claim;
    claim.filter.set("_id", id).set("pair", exists(false));
    claim.change.set("$set", Document().set("pair", key));
    const auto done = lease_.bulk(conversations_collection, std::span{&claim, 1}, Order::ordered);
    if (!done) return done.error();
    // Refused: a node was faster, with one that is younger still.
    result_.conversations += done->errors.empty();
    return Done{};
  }

  Result<Done> place_messages() {
    const Document unplaced(Document().set("seq", exists(false)));
    const auto total = lease_.count(messages_collection, unplaced);
    if (!total) return total.error();
    auto placed = each_page(conversations_collection, {}, {}, [&](const Page& conversations) {
      return place_page(conversations, *total);
    });
    if (!placed) return placed;
    const auto left = lease_.count(messages_collection, unplaced);
    if (!left) return left.error();
    result_.unplaced = *left;
    return Done{};
  }

  Result<Done> place_page(const Page& conversations, std::uint64_t total) {
    for (const View one : conversations) {
      const auto found = head_from(one);
      if (!found) continue;
      const auto needed = found->is_stale || total == 0 ? Result<bool>(found->is_stale)
                                                        : has_unplaced(found->head.id);
      if (!needed) return needed.error();
      if (!*needed) continue;
      const auto adopted = adopt(lease_, context_, found->head.id);
      if (adopted) {
        result_.messages += adopted->messages;
      } else if (adopted.error().code == Errc::corrupt) {
        ++result_.unreadable;
      } else {
        return adopted.error();
      }
      tell(Step::messages, result_.messages, total);
    }
    tell(Step::messages, result_.messages, total);
    return Done{};
  }

  Result<bool> has_unplaced(chat::ConversationId id) {
    Document filter;
    filter.set("conversationId", id).set("seq", exists(false));
    const auto one = lease_.find_one(messages_collection, filter,
                                     Document(Document().set("projection", only({"_id"}))));
    if (!one) return one.error();
    return one->has_value();
  }

  Client& client_;
  Lease& lease_;
  Context& context_;
  const MigrateOptions& options_;
  Migrated result_;
};
}  // namespace

std::string_view to_string(Step step) {
  switch (step) {
    case Step::indexes:
      return "indexes";
    case Step::users:
      return "users";
    case Step::conversations:
      return "conversations";
    case Step::messages:
      break;
  }
  return "messages";
}

Result<Migrated> migrate(const StoreConfig& config, const MigrateOptions& options) {
  auto client = Client::open(config.connection);
  if (!client) return std::move(client).error();
  if (auto reached = (*client)->ping(); !reached) return std::move(reached).error();
  auto lease = (*client)->lease();
  if (!lease) return std::move(lease).error();
  if (options.dry_run) return survey(*lease, options);
  Context context(config, (*client)->clock());
  return Migration(**client, *lease, context, options).run();
}

}  // namespace parley::store::mongo
