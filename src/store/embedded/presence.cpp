#include "store/embedded/presence.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"

namespace parley::store::embedded {

using Change = chat::PresentUsers::Change;

namespace {
/// After the disk refused something; the committer looks for space meanwhile.
constexpr std::chrono::milliseconds until_again{250};
}  // namespace

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

/// On the user's home, to its end. Comes back when the rows can be read, or cannot be written now.
Task<bool> Presence::exit(chat::UserId user, std::string device, Time now) {
  Home& home = homes_[home_of(user)];
  {
    const std::lock_guard lock{home.mutex};
    if (home.present.leave(user, device) != Change::edge) co_return false;
  }
  home.leaving[user] = now;
  Internals& internals = database_.internals();
  internals.liveness.online.fetch_sub(1);
  auto write = [user, now](Transaction& transaction) -> Result<Done> {
    Liveness::left(transaction, user, now);
    return Done{};
  };
  // They have left, whether or not the disk can say so.
  const auto written = co_await submit<Done>(internals.committer, std::move(write));
  settled(user, now, written.has_value());
  co_return true;
}

/// On the user's home.
void Presence::settled(chat::UserId user, Time left, bool is_written) {
  Home& home = homes_[home_of(user)];
  const auto found = home.leaving.find(user);
  if (found == home.leaving.end() || found->second != left) return;
  if (is_written) {
    home.leaving.erase(found);
    home.unwritten.erase(user);
    return;
  }
  home.unwritten[user] = left;
  if (std::exchange(home.is_trying, true)) return;
  shards_[home_of(user)].spawn("write when users left", try_again(home));
}

/// On the home, while there is something to write and nobody has left again since.
Task<void> Presence::try_again(Home& home) {
  while (!home.unwritten.empty()) {
    const bool is_written = co_await write_one(home);
    if (!is_written) co_await net::sleep_for(until_again);
  }
  home.is_trying = false;
}

Task<bool> Presence::write_one(Home& home) {
  const auto [user, left] = *home.unwritten.begin();
  auto write = [user = user, left = left](Transaction& transaction) -> Result<Done> {
    Liveness::left_before(transaction, user, left);
    return Done{};
  };
  const auto written = co_await submit<Done>(database_.internals().committer, std::move(write));
  if (!written) co_return false;
  const auto found = home.unwritten.find(user);
  if (found != home.unwritten.end() && found->second == left) home.unwritten.erase(found);
  settled(user, left, true);
  co_return true;
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
  net::Shard& shard = shards_[home_of(user)];
  auto work = exit(user, std::move(device), now);
  if (shard.is_current()) co_return co_await std::move(work);
  const Executor home = shard.executor();
  constexpr asio::use_awaitable_t<Executor> token{};
  co_return co_await asio::co_spawn(home, std::move(work), token);
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
