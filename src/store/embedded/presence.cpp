#include "store/embedded/presence.hpp"

#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"

namespace parley::store::embedded {

using Change = chat::PresentUsers::Change;

Presence::Presence(net::Shards& shards, Database& database)
    : shards_(shards), database_(database), homes_(shards.size()) {}

std::size_t Presence::home_of(chat::UserId user) const {
  return std::hash<chat::UserId>()(user) % homes_.size();
}

/// On the user's home. The row is asked for here too, so that rows of one user come in the order of
/// events.
bool Presence::enter(chat::UserId user, std::string device, Time now) {
  Home& home = homes_[home_of(user)];
  {
    const std::lock_guard lock{home.mutex};
    if (home.present.enter(user, std::move(device)) != Change::edge) return false;
  }
  Internals& internals = database_.internals();
  internals.liveness.online.fetch_add(1);
  submit_errand(internals.committer, [user, now](Transaction& transaction) {
    Liveness::arrived(transaction, user, now);
  });
  return true;
}

/// On the user's home.
bool Presence::exit(chat::UserId user, const std::string& device, Time now) {
  Home& home = homes_[home_of(user)];
  {
    const std::lock_guard lock{home.mutex};
    if (home.present.leave(user, device) != Change::edge) return false;
  }
  home.leaving[user] = now;
  Internals& internals = database_.internals();
  internals.liveness.online.fetch_sub(1);
  submit_errand(internals.committer,
                [user, now](Transaction& transaction) { Liveness::left(transaction, user, now); });
  return true;
}

/// Comes back when the rows asked for so far can be read.
Task<Result<Done>> Presence::settle() {
  return submit<Done>(database_.internals().committer,
                      [](Transaction&) -> Result<Done> { return Done{}; });
}

/// On the user's home.
void Presence::settled(chat::UserId user, Time left) {
  auto& leaving = homes_[home_of(user)].leaving;
  const auto found = leaving.find(user);
  if (found != leaving.end() && found->second == left) leaving.erase(found);
}

Task<Result<bool>> Presence::arrive(chat::UserId user, std::string device, Time now) {
  auto work = [this, user, device = std::move(device), now]() mutable {
    return enter(user, std::move(device), now);
  };
  net::Shard& home = shards_[home_of(user)];
  const bool is_first = co_await net::run_on(home, std::move(work));
  co_return is_first;
}

Task<Result<bool>> Presence::leave(chat::UserId user, std::string device, Time now) {
  auto work = [this, user, device = std::move(device), now] { return exit(user, device, now); };
  net::Shard& home = shards_[home_of(user)];
  const bool is_last = co_await net::run_on(home, std::move(work));
  if (!is_last) co_return false;
  // They have left, whether or not the disk can say so.
  [[maybe_unused]] const auto written = co_await settle();
  auto forget = [this, user, now] { return settled(user, now), true; };
  co_await net::run_on(home, std::move(forget));
  co_return true;
}

Task<Result<std::vector<chat::Presence>>> Presence::status(std::vector<chat::UserId> users) {
  std::vector<chat::Presence> all;
  all.reserve(users.size());
  for (const chat::UserId& user : users) all.push_back({user, false, std::nullopt});
  for (std::size_t i = 0; i < homes_.size(); ++i) {
    auto look = [this, i, &all] {
      const Home& home = homes_[i];
      for (chat::Presence& one : all) {
        if (home_of(one.user) != i) continue;
        one.online = home.present.has(one.user);
        const auto leaving = home.leaving.find(one.user);
        if (leaving != home.leaving.end()) one.last_seen = leaving->second;
      }
      return true;
    };
    net::Shard& shard = shards_[i];
    co_await net::run_on(shard, std::move(look));
  }
  auto times = [all = std::move(all)](View& view) mutable -> Result<std::vector<chat::Presence>> {
    for (chat::Presence& one : all) {
      if (!one.last_seen) one.last_seen = view.last_seen(one.user);
    }
    return std::move(all);
  };
  co_return co_await read(database_.internals(), std::move(times));
}

bool Presence::is_online(const chat::UserId& user) const {
  const Home& home = homes_[home_of(user)];
  const std::lock_guard lock{home.mutex};
  return home.present.has(user);
}

}  // namespace parley::store::embedded
