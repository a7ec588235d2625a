#include "store/embedded/session_store.hpp"

#include <algorithm>

#include "store/embedded/bytes.hpp"
#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/layout.hpp"

namespace parley::store::embedded {

namespace {
Result<Done> open_family(Transaction& transaction, const chat::Family& family) {
  const bool is_known = transaction.family(family.id).has_value();
  if (is_known || transaction.error())
    return refuse(transaction, Errc::conflict, "the family exists already");
  put_family(transaction, {family, false});
  return Done{};
}

Result<Done> rotate_family(Transaction& transaction, const chat::Family& next,
                           const chat::Presented& presented) {
  auto known = transaction.family(next.id);
  const bool is_good = known && !known->revoked && known->family.user == next.user &&
                       presented.now < known->family.expires_at;
  if (!is_good || transaction.error())
    return refuse(transaction, Errc::unauthorized, "Invalid token");
  if (known->family.token_id != presented.token_id) {
    if (chat::is_repeat(known->family, next, presented.leeway)) return Done{};
    end_family(transaction, *known);
    return fail(Errc::unauthorized, "Invalid token");
  }
  known->family.token_id = next.token_id;
  known->family.expires_at = std::max(known->family.expires_at, next.expires_at);
  put_family(transaction, *known);
  return Done{};
}

Result<Done> revoke_family(Transaction& transaction, chat::FamilyId id) {
  auto known = transaction.family(id);
  if (transaction.error()) return *transaction.error();
  if (known && !known->revoked) end_family(transaction, *known);
  return Done{};
}

Result<std::vector<chat::FamilyId>> revoke_families(Transaction& transaction, chat::UserId user,
                                                    const std::optional<chat::FamilyId>& kept) {
  const Key prefix = keys::user_families(user);
  std::vector<FamilyRecord> records;
  for (const std::string& key : transaction.keys_with(prefix)) {
    const auto id = Parser(std::string_view(key).substr(prefix.bytes.size())).id<chat::FamilyId>();
    if (id == kept) continue;
    if (auto known = transaction.family(id)) records.push_back(std::move(*known));
  }
  const auto before = transaction.family(chat::originals_of(user));
  if (transaction.error()) return *transaction.error();
  note_end_of_all(transaction, user, before);
  std::vector<chat::FamilyId> revoked;
  for (FamilyRecord& record : records) {
    end_family(transaction, record);
    revoked.push_back(record.family.id);
  }
  return revoked;
}
}  // namespace

Task<Result<Done>> SessionStore::open(chat::Family family) {
  return submit<Done>(database_.internals().committer,
                      [family = std::move(family)](Transaction& transaction) {
                        return open_family(transaction, family);
                      });
}

Task<Result<Done>> SessionStore::rotate(chat::Family next, chat::Presented presented) {
  return submit<Done>(
      database_.internals().committer,
      [next = std::move(next), presented = std::move(presented)](Transaction& transaction) {
        return rotate_family(transaction, next, presented);
      });
}

Task<Result<Done>> SessionStore::revoke(chat::FamilyId id) {
  return submit<Done>(database_.internals().committer,
                      [id](Transaction& transaction) { return revoke_family(transaction, id); });
}

Task<Result<std::vector<chat::FamilyId>>> SessionStore::revoke_all(
    chat::UserId user, std::optional<chat::FamilyId> kept) {
  return submit<std::vector<chat::FamilyId>>(
      database_.internals().committer,
      [user, kept](Transaction& transaction) { return revoke_families(transaction, user, kept); });
}

Task<Result<std::optional<Time>>> SessionStore::all_ended(chat::UserId user) {
  return read(database_.internals(), [user](View& view) -> Result<std::optional<Time>> {
    const auto known = view.family(chat::originals_of(user));
    return known ? std::optional{chat::time_of_end(known->family.expires_at)} : std::nullopt;
  });
}

}  // namespace parley::store::embedded
