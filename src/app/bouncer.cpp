#include "app/bouncer.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <exception>
#include <utility>

#include "ops/log.hpp"

namespace parley::app {

namespace {

Task<void> keep(Task<bool> task, bool* out) { *out = co_await std::move(task); }

}  // namespace

Bouncer::Bouncer(net::Shard& home, chat::OperatorStore& store, Doors doors, Times times)
    : home_(home),
      store_(store),
      doors_(std::move(doors)),
      times_(std::move(times)),
      since_(times_.clock() - times_.access_token - overlap) {}

void Bouncer::begin(asio::io_context& context) {
  bool is_known = false;
  context.restart();
  asio::co_spawn(context.get_executor(), keep(look_further(), &is_known),
                 [&context](const std::exception_ptr& escaped) {
                   context.stop();
                   if (escaped) std::rethrow_exception(escaped);
                 });
  const auto waits = asio::make_work_guard(context);
  context.run();
  if (!is_known)
    ops::log().warn("which logins have ended is not known yet: their access tokens are accepted");
}

void Bouncer::start() { home_.spawn("bouncer", watch()); }

Task<void> Bouncer::look() {
  const Time now = times_.clock(), since = now - overlap;
  co_await see_disabled(now);
  (void)co_await see_ended(since);
}

Task<bool> Bouncer::look_further() {
  const Time now = times_.clock();
  co_await see_disabled(now);
  const bool is_known = co_await see_ended(since_);
  if (is_known) since_ = now - overlap;
  co_return is_known;
}

Task<void> Bouncer::see_disabled(Time now) {
  const std::uint64_t turn = next_turn();
  auto disabled = co_await store_.disabled(now - times_.refresh_token - clocks_apart);
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

Task<bool> Bouncer::see_ended(Time since) {
  auto ended = co_await store_.ended(since, chat::EndedLogins::bound);
  if (!ended) {
    ops::log().debug("which logins have ended is not known", {{"reason", ended.error().detail}});
    co_return false;
  }
  // Tokens are judged by this machine's clock, of which the store's knows nothing. It has passed
  // every end that is known.
  const Time now = wall_now(), until = now + times_.access_token;
  std::erase_if(*ended, [&](const chat::Ending& ending) {
    return !doors_.bars.end({ending.user, ending.family, std::min(ending.at, now)}, until);
  });
  if (!ended->empty()) doors_.close_logins(std::move(*ended));
  co_return true;
}

Task<void> Bouncer::watch() {
  while (true) {
    co_await look_further();
    co_await net::sleep_for(interval);
  }
}

}  // namespace parley::app
