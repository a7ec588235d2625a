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
  // They have left, whether or not the disk can say so.
  if (is_last) [[maybe_unused]]
    const auto settled = co_await settle();
  co_return is_last;
}

Task<Result<std::vector<chat::Presence>>> Presence::status(std::vector<chat::UserId> users) {
  std::vector<char> online(users.size(), 0);
  for (std::size_t home = 0; home < homes_.size(); ++home) {
    auto look = [this, home, &users, &online] {
      for (std::size_t i = 0; i < users.size(); ++i) {
        if (home_of(users[i]) == home) online[i] = homes_[home].present.has(users[i]) ? 1 : 0;
      }
      return true;
    };
    net::Shard& shard = shards_[home];
    co_await net::run_on(shard, std::move(look));
  }
  auto times = [users,
                online = std::move(online)](View& view) -> Result<std::vector<chat::Presence>> {
    std::vector<chat::Presence> all;
    all.reserve(users.size());
    for (std::size_t i = 0; i < users.size(); ++i) {
      all.push_back({users[i], online[i] != 0, view.last_seen(users[i])});
    }
    return all;
  };
  co_return co_await read(database_.internals(), std::move(times));
}

bool Presence::is_online(const chat::UserId& user) const {
  const Home& home = homes_[home_of(user)];
  const std::lock_guard lock{home.mutex};
  return home.present.has(user);
}

}  // namespace parley::store::embedded
