#include "store/mongo/account_store.hpp"

#include <algorithm>
#include <unordered_map>

#include "store/mongo/call.hpp"
#include "store/mongo/schema.hpp"
#include "store/mongo/users.hpp"

namespace parley::store::mongo {

namespace {
using Accounts = std::vector<chat::Account>;

/// Documents without our keys that one search looks at.
constexpr std::size_t max_incomplete = 1'000;
/// Above every string that begins as the one before it does.
constexpr std::string_view last_code_point = "\xF4\x8F\xBF\xBF";

Document by_id(chat::UserId id) { return Document(Document().set("_id", id)); }

/// Who is deleted is changed by nobody: what is left says that it is nobody.
Document living(chat::UserId id) {
  return std::move(by_id(id).set("deleted", Document().set("$ne", true)));
}

Error not_found() { return fail(Errc::not_found, "User not found"); }

/// Gives documents of a Node server our keys where they have none yet: whoever was deleted
/// meanwhile has. What fails is tried again when they are found again.
void complete(Lease& lease, const std::vector<Document>& users) {
  std::vector<Update> names, addresses;
  for (const View user : users) {
    if (is_complete(user)) continue;
    const auto add = [user](std::vector<Update>& updates, const char* key, std::string value) {
      const Document keys(Document().set(key, value));
      const Document missing(Document().set("$exists", false));
      updates.push_back({Document(Document().set("_id", user.at("_id")).set(key, missing)),
                         Document(Document().set("$set", keys))});
    };
    if (const auto name = user.text("username"))
      add(names, "usernameKey", chat::fold_username(*name));
    if (const auto email = user.text("email")) add(addresses, "emailKey", chat::fold_email(*email));
  }
  (void)lease.bulk(users_collection, names, Order::unordered);
  (void)lease.bulk(users_collection, addresses, Order::unordered);
}

Result<chat::Account> find_one(Lease& lease, const Document& filter) {
  const auto user = lease.find_one(users_collection, filter);
  if (!user) return user.error();
  auto account = *user ? account_from(**user) : std::nullopt;
  if (!account) return not_found();
  return std::move(*account);
}

/// The one whose address is exactly that goes before others who merely fold to it: a Node server
/// may have registered both.
Result<chat::Account> by_email(Lease& lease, const std::string& email) {
  const std::string folded = chat::fold_email(email);
  const Document typed(Document().set("$in", Array().add(email).add(folded)));
  const Array ways(std::vector<Document>{Document(Document().set("emailKey", folded)),
                                         Document(Document().set("email", typed))});
  const auto users = lease.find(users_collection, Document(Document().set("$or", ways)));
  if (!users) return users.error();
  complete(lease, *users);
  std::optional<chat::Account> found;
  for (const View user : *users) {
    auto account = account_from(user);
    if (account && (!found || account->email == email)) found = std::move(account);
  }
  if (!found) return not_found();
  return std::move(*found);
}

Result<chat::Account> create_account(Lease& lease, const chat::Account& account) {
  const auto taken = fail(Errc::conflict, "Email already registered");
  // A document without our key does not stand in the way of the unique index.
  const auto known = by_email(lease, account.email);
  if (known) return taken;
  if (known.error().code != Errc::not_found) return known.error();
  auto inserted = lease.insert(users_collection, to_document(account));
  if (inserted) return account;
  return inserted.error().code == Errc::conflict ? taken : std::move(inserted).error();
}

Result<Accounts> find_accounts(Lease& lease, const std::vector<chat::UserId>& ids) {
  if (ids.empty()) return Accounts{};
  const Document in(Document().set("$in", Array(ids)));
  const auto users = lease.find(users_collection, Document(Document().set("_id", in)));
  if (!users) return users.error();
  std::unordered_map<chat::UserId, chat::Account> known;
  for (const View user : *users) {
    if (auto account = account_from(user)) known.emplace(account->id, std::move(*account));
  }
  Accounts accounts;
  for (const chat::UserId id : ids) {
    if (const auto one = known.find(id); one != known.end()) accounts.push_back(one->second);
  }
  return accounts;
}

/// `text` as a regular expression that matches nothing else.
std::string escaped(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view(R"(\^$.|?*+()[]{}-/)").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

Result<std::vector<Document>> with_key(Lease& lease, const std::string& folded, std::size_t limit) {
  Document range;
  range.set("$gte", folded).set("$lt", folded + std::string(last_code_point));
  Document options;
  options.set("sort", Document().set("usernameKey", 1).set("_id", 1)).set("limit", limit);
  return lease.find(users_collection, Document(Document().set("usernameKey", range)), options);
}

/// Documents of a Node server that nobody has completed yet.
Result<std::vector<Document>> without_key(Lease& lease, const std::string& folded) {
  if (folded.find('\0') != std::string::npos) return std::vector<Document>{};
  Document pattern;
  pattern.set("$regex", "^" + escaped(folded)).set("$options", "i");
  Document filter;
  filter.set("usernameKey", Document().set("$exists", false)).set("username", pattern);
  auto users =
      lease.find(users_collection, filter, Document(Document().set("limit", max_incomplete)));
  if (users) complete(lease, *users);
  return users;
}

Result<Accounts> search_accounts(Lease& lease, const std::string& folded, std::size_t limit) {
  if (limit == 0) return Accounts{};
  const auto keyed = with_key(lease, folded, limit);
  if (!keyed) return keyed.error();
  const auto others = without_key(lease, folded);
  if (!others) return others.error();
  Accounts found;
  for (const auto* users : {&*keyed, &*others}) {
    for (const View user : *users) {
      auto account = account_from(user);
      // The server's regular expression folds more than ASCII.
      if (account && chat::fold_username(account->username).starts_with(folded))
        found.push_back(std::move(*account));
    }
  }
  std::sort(found.begin(), found.end(), [](const chat::Account& one, const chat::Account& other) {
    return std::pair(chat::fold_username(one.username), one.id) <
           std::pair(chat::fold_username(other.username), other.id);
  });
  if (found.size() > limit)
    found.erase(found.begin() + static_cast<std::ptrdiff_t>(limit), found.end());
  return found;
}

Result<chat::Account> update_account(Lease& lease, chat::UserId id, const chat::ProfilePatch& patch,
                                     Time now) {
  Document values;
  values.set("name", patch.name).set("avatar", patch.avatar);
  values.set("emailNotifications", patch.email_notifications).set("updatedAt", now);
  const Update change{living(id), Document(Document().set("$set", values))};
  const auto done = lease.update(users_collection, change);
  if (!done) return done.error();
  return done->matched == 0 ? Result<chat::Account>(not_found()) : find_one(lease, living(id));
}

Result<Done> set_password_of(Lease& lease, chat::UserId id, const std::string& expected,
                             const std::string& hash, Time now) {
  Document filter = living(id), values;
  filter.set("password", expected);
  values.set("password", hash).set("updatedAt", now);
  const auto done =
      lease.update(users_collection, {filter, Document(Document().set("$set", values))});
  if (!done) return done.error();
  if (done->matched > 0) return Done{};
  // A try before this one may have done it.
  const auto account = find_one(lease, living(id));
  if (account && account->password_hash == hash) return Done{};
  return account ? fail(Errc::conflict, "another password by now") : account.error();
}

Result<bool> verify_email_of(Lease& lease, chat::UserId id, const std::string& email, Time now) {
  const auto account = find_one(lease, living(id));
  if (!account) return account.error();
  if (chat::fold_email(account->email) != chat::fold_email(email))
    return fail(Errc::conflict, "another address by now");
  if (account->email_verified) return false;
  Document filter = living(id), unverified, values;
  unverified.set("$ne", true);
  filter.set("email", account->email).set("emailVerified", unverified);
  values.set("emailVerified", true).set("updatedAt", now);
  const auto done =
      lease.update(users_collection, {filter, Document(Document().set("$set", values))});
  if (!done) return done.error();
  if (done->matched > 0) return true;
  // Another was quicker: with the same, or with another address.
  const auto present = find_one(lease, living(id));
  if (!present) return present.error();
  if (present->email_verified && present->email == account->email) return false;
  return fail(Errc::conflict, "another address by now");
}

Result<chat::Account> administrate(Lease& lease, chat::UserId id, bool administrator, Time now) {
  Document values;
  values.set("administrator", administrator).set("updatedAt", now);
  const Update change{living(id), Document(Document().set("$set", values))};
  const auto done = lease.update(users_collection, change);
  if (!done) return done.error();
  return done->matched == 0 ? Result<chat::Account>(not_found()) : find_one(lease, living(id));
}
}  // namespace

Task<Result<chat::Account>> AccountStore::create(chat::Account account) {
  return call(workers_, client_, [account = std::move(account)](Lease& lease) {
    return create_account(lease, account);
  });
}

Task<Result<chat::Account>> AccountStore::find(chat::UserId id) {
  return call(workers_, client_, [id](Lease& lease) { return find_one(lease, by_id(id)); });
}

Task<Result<chat::Account>> AccountStore::find_by_email(std::string email) {
  return call(workers_, client_,
              [email = std::move(email)](Lease& lease) { return by_email(lease, email); });
}

Task<Result<Accounts>> AccountStore::find_many(std::vector<chat::UserId> ids) {
  return call(workers_, client_,
              [ids = std::move(ids)](Lease& lease) { return find_accounts(lease, ids); });
}

Task<Result<Accounts>> AccountStore::search(std::string username_prefix, std::size_t limit) {
  return call(workers_, client_,
              [folded = chat::fold_username(username_prefix), limit](Lease& lease) {
                return search_accounts(lease, folded, limit);
              });
}

Task<Result<chat::Account>> AccountStore::update(chat::UserId id, chat::ProfilePatch patch,
                                                 Time now) {
  return call(workers_, client_, [id, patch = std::move(patch), now](Lease& lease) {
    return update_account(lease, id, patch, now);
  });
}

Task<Result<Done>> AccountStore::set_password(chat::UserId id, std::string expected,
                                              std::string hash, Time now) {
  return call(workers_, client_,
              [id, expected = std::move(expected), hash = std::move(hash), now](Lease& lease) {
                return set_password_of(lease, id, expected, hash, now);
              });
}

Task<Result<bool>> AccountStore::set_email_verified(chat::UserId id, std::string email, Time now) {
  return call(workers_, client_, [id, email = std::move(email), now](Lease& lease) {
    return verify_email_of(lease, id, email, now);
  });
}

Task<Result<chat::Account>> AccountStore::set_administrator(chat::UserId id, bool administrator,
                                                            Time now) {
  return call(workers_, client_, [id, administrator, now](Lease& lease) {
    return administrate(lease, id, administrator, now);
  });
}

Task<Result<Done>> AccountStore::touch_last_seen(chat::UserId id, Time at) {
  return call(workers_, client_, [id, at](Lease& lease) -> Result<Done> {
    const Document later(Document().set("lastSeen", at));
    const Update change{living(id), Document(Document().set("$max", later))};
    if (auto done = lease.update(users_collection, change); !done) return std::move(done).error();
    return Done{};
  });
}

}  // namespace parley::store::mongo
