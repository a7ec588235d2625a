#include "app/bouncer.hpp"

#include <utility>

#include "ops/log.hpp"

namespace parley::app {

Bouncer::Bouncer(net::Shard& home, chat::OperatorStore& store, Doors doors,
                 std::chrono::milliseconds token_lifetime)
    : home_(home), store_(store), doors_(std::move(doors)), token_lifetime_(token_lifetime) {}

void Bouncer::start() { home_.spawn("bouncer", watch()); }

Task<void> Bouncer::look(Time now) {
  const std::uint64_t turn = next_turn();
  auto disabled = co_await store_.disabled(now - token_lifetime_ - clocks_apart);
  if (!disabled) {
    // The store's own health says that it is away; what is known stays in force.
    ops::log().debug("who is disabled is not known", {{"reason", disabled.error().detail}});
    co_return;
  }
  for (const chat::UserId& user : take(turn, std::move(*disabled))) doors_.close(user);
}

std::uint64_t Bouncer::next_turn() {
  const std::lock_guard lock(mutex_);
  return ++asked_;
}

/// Gives those who were not barred before. What a later look has found stays.
std::vector<chat::UserId> Bouncer::take(std::uint64_t turn, std::vector<chat::UserId> disabled) {
  const std::lock_guard lock(mutex_);
  if (turn < answered_) return {};
  answered_ = turn;
  return doors_.bars.replace(std::move(disabled));
}

Task<void> Bouncer::watch() {
  while (true) {
    const Time now = wall_now();
    co_await look(now);
    co_await net::sleep_for(interval);
  }
}

}  // namespace parley::app
