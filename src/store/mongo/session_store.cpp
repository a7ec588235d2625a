#include "store/mongo/session_store.hpp"

#include "store/mongo/call.hpp"
#include "store/mongo/schema.hpp"

namespace parley::store::mongo {

namespace {
/// `at`: by the clock of all nodes, of when it is written. Who asks may have waited for long.
Document revocation(Time at) {
  return Document(Document().set("$set", Document().set("revoked", true).set("revokedAt", at)));
}

Result<Done> open_family(Lease& lease, const chat::Family& family) {
  Document document;
  document.set("_id", family.id).set("user", family.user).set("tokenId", family.token_id);
  document.set("revoked", false).set("expiresAt", family.expires_at);
  auto inserted = lease.insert(sessions_collection, document);
  if (!inserted && inserted.error().code == Errc::conflict)
    return fail(Errc::conflict, "the family exists already");
  return inserted;
}

/// A family whose newest token is good at `now`.
Document good_family(const chat::Family& family, Time now) {
  Document filter;
  filter.set("_id", family.id).set("user", family.user).set("revoked", false);
  filter.set("expiresAt", Document().set("$gt", now));
  return filter;
}

bool is_repeat(View known, const chat::Family& next, std::chrono::seconds leeway) {
  const auto token_id = known.text("tokenId");
  const auto expires_at = known.time("expiresAt");
  if (!token_id || !expires_at) return false;
  return chat::is_repeat({next.id, next.user, std::string(*token_id), *expires_at}, next, leeway);
}

Result<Done> rotate_family(Lease& lease, const chat::Family& next, const chat::Presented& presented,
                           Time revoked_at) {
  Update rotation{good_family(next, presented.now), {}};
  rotation.filter.set("tokenId", presented.token_id);
  rotation.change.set("$set", Document().set("tokenId", next.token_id));
  rotation.change.set("$max", Document().set("expiresAt", next.expires_at));
  auto rotated = lease.update(sessions_collection, rotation);
  if (!rotated) return std::move(rotated).error();
  if (rotated->matched != 0) return Done{};

  if (presented.leeway.count() > 0) {
    const auto known = lease.find_one(sessions_collection, good_family(next, presented.now));
    if (!known) return known.error();
    if (*known && is_repeat(View(**known), next, presented.leeway)) return Done{};
  }
  Update reuse{good_family(next, presented.now), revocation(revoked_at)};
  reuse.filter.set("tokenId", Document().set("$ne", presented.token_id));
  auto revoked = lease.update(sessions_collection, reuse);
  if (!revoked) return std::move(revoked).error();
  return fail(Errc::unauthorized, "Invalid token");
}

Result<Done> revoke_family(Lease& lease, chat::FamilyId id, Time now) {
  Update change{{}, revocation(now)};
  change.filter.set("_id", id).set("revoked", false);
  if (auto done = lease.update(sessions_collection, change); !done) return std::move(done).error();
  return Done{};
}

Result<std::optional<Time>> end_of_all(Lease& lease, chat::UserId user) {
  const Document by_id(Document().set("_id", chat::originals_of(user)));
  const auto known = lease.find_one(sessions_collection, by_id);
  if (!known) return known.error();
  const auto expires = *known ? View(**known).time("expiresAt") : std::nullopt;
  if (!expires) return std::optional<Time>{};
  return std::optional{chat::time_of_end(*expires)};
}

Result<std::vector<chat::FamilyId>> revoke_families(Lease& lease, chat::UserId user,
                                                    const std::optional<chat::FamilyId>& kept,
                                                    Time now) {
  Document good;
  good.set("user", user).set("revoked", false);
  if (kept) good.set("_id", Document().set("$ne", *kept));
  const auto families = lease.find(
      sessions_collection, good, Document(Document().set("projection", Document().set("_id", 1))));
  if (!families) return families.error();
  std::vector<chat::FamilyId> ids;
  for (const View family : *families) {
    if (const auto id = family.id<chat::FamilyId>("_id")) ids.push_back(*id);
  }
  if (ids.empty()) return ids;
  Update change{{}, revocation(now), true};
  change.filter.set("_id", Document().set("$in", Array(ids))).set("revoked", false);
  if (auto done = lease.update(sessions_collection, change); !done) return std::move(done).error();
  return ids;
}
}  // namespace

Result<Done> note_end_of_all(Lease& lease, const chat::Family& end, Time revoked_at) {
  Update note;
  note.filter.set("_id", end.id);
  Document set, max;
  set.set("user", end.user).set("tokenId", end.token_id).set("revoked", true);
  max.set("revokedAt", revoked_at).set("expiresAt", end.expires_at);
  note.change.set("$set", set).set("$max", max);
  note.upsert = true;
  if (auto done = lease.update(sessions_collection, note); !done) return std::move(done).error();
  return Done{};
}

Task<Result<Done>> SessionStore::open(chat::Family family) {
  return call(workers_, client_,
              [family = std::move(family)](Lease& lease) { return open_family(lease, family); });
}

Task<Result<Done>> SessionStore::rotate(chat::Family next, chat::Presented presented) {
  return call(workers_, client_,
              [next = std::move(next), presented = std::move(presented), &client = client_](
                  Lease& lease) { return rotate_family(lease, next, presented, client.now()); });
}

Task<Result<Done>> SessionStore::revoke(chat::FamilyId id) {
  return call(workers_, client_, [id, &client = client_](Lease& lease) {
    return revoke_family(lease, id, client.now());
  });
}

Task<Result<std::vector<chat::FamilyId>>> SessionStore::revoke_all(
    chat::UserId user, std::optional<chat::FamilyId> kept) {
  using Revoked = Result<std::vector<chat::FamilyId>>;
  const chat::Family end = chat::end_of_all(user, wall_now());
  return call(workers_, client_, [end, kept, &client = client_](Lease& lease) -> Revoked {
    const Time now = client.now();
    if (auto noted = note_end_of_all(lease, end, now); !noted) return std::move(noted).error();
    return revoke_families(lease, end.user, kept, now);
  });
}

Task<Result<std::optional<Time>>> SessionStore::all_ended(chat::UserId user) {
  return call(workers_, client_, [user](Lease& lease) { return end_of_all(lease, user); });
}

}  // namespace parley::store::mongo
