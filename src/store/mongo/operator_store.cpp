#include "store/mongo/operator_store.hpp"

#include <algorithm>

#include "chat/ports/account_store.hpp"
#include "store/mongo/database.hpp"
#include "store/mongo/internals.hpp"
#include "store/mongo/load.hpp"
#include "store/mongo/schema.hpp"
#include "store/mongo/session_store.hpp"
#include "store/mongo/users.hpp"

namespace parley::store::mongo {

namespace {
Document by_id(chat::UserId id) { return Document(Document().set("_id", id)); }

Result<chat::Account> find_account(Lease& lease, chat::UserId id) {
  const auto user = lease.find_one(users_collection, by_id(id));
  if (!user) return user.error();
  auto account = *user ? account_from(**user) : std::nullopt;
  if (!account) return fail(Errc::not_found, "User not found");
  return std::move(*account);
}

Result<std::vector<chat::Account>> accounts_behind(Lease& lease, std::optional<chat::UserId> after,
                                                   std::size_t limit) {
  if (limit == 0) return std::vector<chat::Account>{};
  Document filter, options;
  if (after) filter.set("_id", Document().set("$gt", *after));
  options.set("sort", Document().set("_id", 1)).set("limit", static_cast<std::int64_t>(limit));
  const auto users = lease.find(users_collection, filter, options);
  if (!users) return users.error();
  std::vector<chat::Account> accounts;
  for (const View user : *users) {
    if (auto account = account_from(user)) accounts.push_back(std::move(*account));
  }
  return accounts;
}

/// The member is there while it is true: the index has those alone.
Result<chat::Account> disable(Lease& lease, chat::UserId id, bool disabled, Time now) {
  const auto account = find_account(lease, id);
  if (!account) return account.error();
  if (account->deleted) return fail(Errc::conflict, "the account is deleted");
  if (account->disabled == disabled) return account;
  Update update;
  update.filter = by_id(id);
  Document set;
  set.set("updatedAt", now);
  if (disabled) set.set("disabled", true);
  update.change.set("$set", set);
  if (!disabled) update.change.set("$unset", Document().set("disabled", 1));
  const auto done = lease.update(users_collection, update);
  if (!done) return done.error();
  return find_account(lease, id);
}

Result<std::vector<chat::UserId>> disabled_users(Lease& lease, Time deleted_since) {
  Document not_deleted, recent, filter, options;
  not_deleted.set("deleted", Document().set("$ne", true));
  recent.set("updatedAt", Document().set("$gte", deleted_since));
  filter.set("disabled", true).set("$or", Array().add(not_deleted).add(recent));
  options.set("projection", Document().set("_id", 1)).set("sort", Document().set("_id", 1));
  std::vector<chat::UserId> users;
  auto done = lease.each(users_collection, filter, options, [&users](View user) {
    if (const auto id = user.id<chat::UserId>("_id")) users.push_back(*id);
    return true;
  });
  if (!done) return std::move(done).error();
  return users;
}

Result<std::vector<chat::Ending>> ended_logins(Lease& lease, Time since, std::size_t limit) {
  Document filter, options;
  filter.set("revokedAt", Document().set("$gte", since));
  options.set("sort", Document().set("revokedAt", -1));
  options.set("limit", static_cast<std::int64_t>(limit));
  options.set("projection", Document().set("user", 1).set("revokedAt", 1).set("expiresAt", 1));
  std::vector<chat::Ending> endings;
  auto done = lease.each(sessions_collection, filter, options, [&endings](View family) {
    const auto id = family.id<chat::FamilyId>("_id");
    const auto user = family.id<chat::UserId>("user");
    const auto at = family.time("revokedAt"), expires = family.time("expiresAt");
    if (!id || !user || !at || !expires) return true;
    const bool is_of_all = *id == chat::originals_of(*user);
    endings.push_back({*user, *id, is_of_all ? chat::time_of_end(*expires) : *at});
    return true;
  });
  if (!done) return std::move(done).error();
  std::ranges::sort(endings, {}, &chat::Ending::at);
  return endings;
}

Result<Done> forget_account(Lease& lease, const chat::Account& left, Time now) {
  const Document set = to_document(left);
  Document fields;
  View(set.bson()).each([&fields](std::string_view name, const Value& value) {
    if (name != "_id") fields.set(name, value);
  });
  Update update;
  update.filter = by_id(left.id);
  update.change.set("$set", fields);
  update.change.set("$unset", Document().set("name", 1).set("avatar", 1));
  if (auto done = lease.update(users_collection, update); !done) return std::move(done).error();
  const chat::Family end = chat::end_of_all(left.id, wall_now());
  if (auto noted = note_end_of_all(lease, end, now); !noted) return noted;
  Document others;
  others.set("user", left.id).set("_id", Document().set("$ne", end.id));
  if (auto done = lease.remove(sessions_collection, others); !done) return std::move(done).error();
  return Done{};
}

/// What a list shows of the conversation, where it is one of their texts.
Result<Done> remove_preview(Lease& lease, const Head& head, chat::UserId user) {
  const auto last =
      lease.find_one(messages_collection, Document(Document().set("_id", head.last_id)));
  if (!last) return last.error();
  const auto sender = *last ? View(**last).id<chat::UserId>("sender") : std::nullopt;
  if (sender != user) return Done{};
  Update update;
  update.filter.set("_id", head.id).set("parley.tail.seq", head.last_seq);
  update.change.set("$set", Document().set("lastMessage", chat::removed_text));
  if (auto done = lease.update(conversations_collection, update); !done)
    return std::move(done).error();
  return Done{};
}

Result<Done> remove_texts(Lease& lease, Context& context, chat::UserId user) {
  const auto heads = load_heads(lease, context, Document(Document().set("participants", user)));
  if (!heads) return heads.error();
  for (const Head& head : *heads) {
    Update texts;
    texts.filter.set("conversationId", head.id).set("sender", user);
    texts.change.set("$set", Document().set("content", chat::removed_text));
    texts.change.set("$unset", Document().set("clientId", 1));
    texts.many = true;
    if (auto done = lease.update(messages_collection, texts); !done) return std::move(done).error();
    if (auto done = remove_preview(lease, head, user); !done) return done;
  }
  return Done{};
}

Result<chat::Account> erase_user(Lease& lease, Context& context, chat::UserId id,
                                 chat::SentTexts texts, Time now) {
  const auto account = find_account(lease, id);
  if (!account) return account.error();
  auto forgotten = forget_account(lease, chat::erased(*account, now), context.now());
  if (!forgotten) return std::move(forgotten).error();
  if (texts == chat::SentTexts::removed) {
    if (auto done = remove_texts(lease, context, id); !done) return done.error();
  }
  return find_account(lease, id);
}

Result<std::vector<chat::Login>> logins_of(Lease& lease, chat::UserId user) {
  Document theirs, by_id;
  theirs.set("user", user).set("_id", Document().set("$ne", chat::originals_of(user)));
  by_id.set("sort", Document().set("_id", 1));
  const auto families = lease.find(sessions_collection, theirs, by_id);
  if (!families) return families.error();
  std::vector<chat::Login> logins;
  for (const View family : *families) {
    const auto id = family.id<chat::FamilyId>("_id");
    if (!id) continue;
    chat::Login login;
    login.family = {*id, user, std::string(family.text("tokenId").value_or("")),
                    family.time("expiresAt").value_or(Time{})};
    login.revoked = family.boolean("revoked").value_or(false);
    logins.push_back(std::move(login));
  }
  return logins;
}

Result<std::optional<Found>> find_message(Lease& lease, chat::MessageId id) {
  const auto document = lease.find_one(messages_collection, Document(Document().set("_id", id)));
  if (!document) return document.error();
  return *document ? message_from(**document) : std::optional<Found>{};
}

Result<chat::MessagePlace> find_place(Lease& lease, Context& context, chat::MessageId id) {
  const auto none = fail(Errc::not_found, "Message not found");
  const auto first = find_message(lease, id);
  if (!first) return first.error();
  if (!*first) return none;
  // Gives a Node server's message its place, if it has none yet.
  const Document whose(Document().set("_id", (*first)->message.conversation_id));
  const auto heads = load_heads(lease, context, whose);
  if (!heads) return heads.error();
  auto found = find_message(lease, id);
  if (!found) return found.error();
  if (heads->empty() || !*found) return none;
  const Head& head = heads->front();
  chat::MessagePlace place{std::move((*found)->message), {}};
  head.complete(place.message);
  for (std::size_t member = 0; member < head.members.size(); ++member)
    place.receipts.push_back(head.receipt(member));
  return place;
}
}  // namespace

Task<Result<std::vector<chat::Account>>> OperatorStore::accounts(std::optional<chat::UserId> after,
                                                                 std::size_t limit) {
  return read(database_.internals(),
              [=](Lease& lease) { return accounts_behind(lease, after, limit); });
}

Task<Result<chat::Account>> OperatorStore::set_disabled(chat::UserId id, bool disabled, Time now) {
  return read(database_.internals(),
              [=](Lease& lease) { return disable(lease, id, disabled, now); });
}

Task<Result<std::vector<chat::UserId>>> OperatorStore::disabled(Time deleted_since) {
  return read(database_.internals(),
              [=](Lease& lease) { return disabled_users(lease, deleted_since); });
}

Task<Result<std::vector<chat::Ending>>> OperatorStore::ended(Time since, std::size_t limit) {
  return read(database_.internals(),
              [=](Lease& lease) { return ended_logins(lease, since, limit); });
}

Task<Result<chat::Account>> OperatorStore::erase(chat::UserId id, chat::SentTexts texts, Time now) {
  Internals& internals = database_.internals();
  return read(internals, [=, &internals](Lease& lease) {
    return erase_user(lease, internals.context, id, texts, now);
  });
}

Task<Result<std::vector<chat::Login>>> OperatorStore::logins(chat::UserId user) {
  return read(database_.internals(), [user](Lease& lease) { return logins_of(lease, user); });
}

Task<Result<chat::MessagePlace>> OperatorStore::place_of(chat::MessageId id) {
  Internals& internals = database_.internals();
  return read(internals,
              [&internals, id](Lease& lease) { return find_place(lease, internals.context, id); });
}

}  // namespace parley::store::mongo
