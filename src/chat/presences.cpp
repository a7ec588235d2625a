#include "chat/presences.hpp"

#include <unordered_map>
#include <utility>

namespace parley::chat {

namespace {

/// Whom the presence store has not seen leave (since the start, say), the accounts may remember.
std::vector<UserId> without_last_seen(const std::vector<Presence>& all) {
  std::vector<UserId> users;
  for (const Presence& one : all) {
    if (!one.last_seen) users.push_back(one.user);
  }
  return users;
}

void fill_in(std::vector<Presence>& all, const std::vector<Account>& accounts) {
  std::unordered_map<UserId, std::optional<Time>> seen;
  for (const Account& one : accounts) seen.emplace(one.id, one.last_seen);
  for (Presence& one : all) {
    if (const auto found = seen.find(one.user); !one.last_seen && found != seen.end()) {
      one.last_seen = found->second;
    }
  }
}

}  // namespace

Presences::Presences(PresenceStore& store, AccountStore& accounts, ConversationStore& conversations,
                     Limits limits)
    : store_(store), accounts_(accounts), conversations_(conversations), limits_(limits) {}

Task<Result<bool>> Presences::arrive(UserId user, std::string device, Time now) {
  return store_.arrive(user, std::move(device), now);
}

Task<Result<bool>> Presences::leave(UserId user, std::string device, Time now) {
  const auto last = co_await store_.leave(user, std::move(device), now);
  // The presence store has the time as well, so a failure here is no failure to leave.
  if (last && *last) (void)co_await accounts_.touch_last_seen(user, now);
  co_return last;
}

Task<Result<PresenceChange>> Presences::news(UserId user) {
  auto audience = co_await conversations_.peers(user);
  if (!audience) co_return audience.error();
  std::vector<UserId> users{user};
  const auto all = co_await store_.status(std::move(users));
  if (!all) co_return all.error();
  if (all->empty()) co_return fail(Errc::internal, "the presence store says nothing");
  co_return PresenceChange{all->front(), std::move(*audience)};
}

Task<Result<std::vector<Presence>>> Presences::status(std::vector<UserId> users) {
  if (users.size() > limits_.status_ids_max) {
    co_return invalid(
        {{"ids", "has more than " + std::to_string(limits_.status_ids_max) + " ids"}});
  }
  auto all = co_await store_.status(std::move(users));
  if (!all) co_return all.error();
  std::vector<UserId> unseen = without_last_seen(*all);
  if (unseen.empty()) co_return all;
  const auto accounts = co_await accounts_.find_many(std::move(unseen));
  if (!accounts) co_return accounts.error();
  fill_in(*all, *accounts);
  co_return all;
}

Task<Result<Presence>> Presences::status_of(UserId user) {
  const auto account = co_await accounts_.find(user);
  if (!account) co_return account.error();
  std::vector<UserId> users{user};
  const auto all = co_await store_.status(std::move(users));
  if (!all) co_return all.error();
  if (all->empty()) co_return fail(Errc::internal, "the presence store says nothing");
  Presence presence = all->front();
  if (!presence.last_seen) presence.last_seen = account->last_seen;
  co_return presence;
}

}  // namespace parley::chat
