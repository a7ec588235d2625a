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

Task<Result<std::optional<PresenceChange>>> Presences::arrive(UserId user, std::string device,
                                                              Time now) {
  const auto first = co_await store_.arrive(user, std::move(device), now);
  if (!first) co_return first.error();
  if (!*first) co_return std::nullopt;
  Presence presence{user, true, std::nullopt};
  co_return co_await change(std::move(presence));
}

Task<Result<std::optional<PresenceChange>>> Presences::leave(UserId user, std::string device,
                                                             Time now) {
  const auto last = co_await store_.leave(user, std::move(device), now);
  if (!last) co_return last.error();
  if (!*last) co_return std::nullopt;
  // The presence store has the time as well, so people are told even when the account cannot be
  // written.
  (void)co_await accounts_.touch_last_seen(user, now);
  Presence presence{user, false, now};
  co_return co_await change(std::move(presence));
}

Task<Result<std::optional<PresenceChange>>> Presences::change(Presence presence) {
  auto audience = co_await conversations_.peers(presence.user);
  if (!audience) co_return audience.error();
  co_return PresenceChange{presence, std::move(*audience)};
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
