#include "nodes/presence.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "nodes/hop.hpp"
#include "nodes/presence_scripts.hpp"
#include "nodes/presence_state.hpp"

namespace parley::nodes {

namespace {

/// More users in one question are asked for in several.
constexpr std::size_t status_chunk = 500;

/// What `arrive` and `leave` answer.
constexpr std::int64_t edge_bit = 1, lost_bit = 2;

std::optional<std::int64_t> number_in(const Result<redis::Reply>& reply) {
  return reply && reply->integer() != nullptr ? std::optional{*reply->integer()} : std::nullopt;
}

Error reason_in(const Result<redis::Reply>& reply) {
  return reply ? fail(Errc::corrupt, "not what the script answers") : reply.error();
}

/// False when it is not what the script answers.
bool append(std::vector<chat::Presence>& all, std::span<const chat::UserId> users,
            const redis::Reply& reply) {
  const auto* values = reply.array();
  if (values == nullptr || values->size() != 2 * users.size()) return false;
  for (std::size_t i = 0; i < users.size(); ++i) {
    const auto* online = (*values)[2 * i].integer();
    const auto* seen = (*values)[2 * i + 1].integer();
    if (online == nullptr || seen == nullptr) return false;
    all.push_back(
        {users[i], *online != 0, *seen > 0 ? std::optional{from_unix_ms(*seen)} : std::nullopt});
  }
  return true;
}

}  // namespace

Presence::State::State(net::Shard& home_shard, redis::Client& redis_client, Config wanted,
                       redis::Subscriber* subscriber)
    : home(home_shard),
      client(redis_client),
      listener(subscriber),
      config(wanted),
      alarm(home_shard.executor()) {}

void Presence::State::show(chat::UserId user, bool is_here) {
  const std::lock_guard lock{users_mutex};
  if (is_here) {
    users_here.insert(user);
  } else {
    users_here.erase(user);
  }
}

Task<Result<bool>> Presence::State::arrive(chat::UserId user, std::string device) {
  const auto change = attendance.enter(user, device);
  const bool is_first = change == Attendance::Change::edge;
  if (is_first) show(user, true);
  if (change == Attendance::Change::none) co_return false;
  if (!in_touch) {
    local_answers.fetch_add(1, std::memory_order_relaxed);
    co_return is_first;
  }
  std::vector<std::string> arguments{name, user.hex(), std::move(device)};
  const auto reply = co_await run(presence_scripts().arrive, std::move(arguments));
  const auto answer = number_in(reply);
  if (!answer) doubt(reason_in(reply));
  if (answer && (*answer & lost_bit) != 0) lapse();
  if (!answer || (*answer & lost_bit) != 0) co_return is_first;
  attendance.set_told(user);
  co_return (*answer & edge_bit) != 0;
}

Task<Result<bool>> Presence::State::leave(chat::UserId user, std::string device, Time now) {
  const auto change = attendance.leave(user, device);
  const bool is_last = change == Attendance::Change::edge;
  if (is_last) show(user, false);
  if (change == Attendance::Change::none) co_return false;
  if (is_last) attendance.note_departure(user, now);
  if (!in_touch) {
    local_answers.fetch_add(1, std::memory_order_relaxed);
    co_return is_last;
  }
  std::vector<std::string> arguments{user.hex(), std::move(device), std::to_string(to_unix_ms(now)),
                                     name};
  arguments.insert(arguments.end(), formers.begin(), formers.end());
  const auto reply = co_await run(presence_scripts().leave, std::move(arguments));
  const auto answer = number_in(reply);
  if (!answer) {
    doubt(reason_in(reply));
    co_return is_last;
  }
  if ((*answer & lost_bit) != 0) lapse();
  if (attendance.departed_at(user) == now) attendance.forget_departure(user);
  co_return (*answer & edge_bit) != 0;
}

Task<Result<std::vector<chat::Presence>>> Presence::State::local_status(
    std::vector<chat::UserId> users) {
  std::vector<chat::Presence> all;
  all.reserve(users.size());
  for (const chat::UserId user : users) {
    all.push_back({user, attendance.here().has(user), attendance.departed_at(user)});
  }
  local_answers.fetch_add(1, std::memory_order_relaxed);
  co_return all;
}

/// Tells `script` the names first.
Task<Result<std::vector<chat::Presence>>> Presence::State::ask(const redis::Script& script,
                                                               std::vector<std::string> names,
                                                               std::vector<chat::UserId> users) {
  std::vector<chat::Presence> all;
  all.reserve(users.size());
  while (all.size() < users.size()) {
    const auto rest = std::span<const chat::UserId>{users}.subspan(all.size());
    const auto some = rest.first(std::min(rest.size(), status_chunk));
    std::vector<std::string> arguments = names;
    for (const chat::UserId user : some) arguments.push_back(user.hex());
    const auto reply = co_await run(script, std::move(arguments));
    if (!reply) co_return reply.error();
    if (!append(all, some, *reply)) co_return reason_in(reply);
  }
  co_return all;
}

Task<Result<std::vector<chat::Presence>>> Presence::State::ask_status(
    std::vector<chat::UserId> users) {
  std::vector<std::string> none;
  co_return co_await ask(presence_scripts().status, std::move(none), std::move(users));
}

Task<Result<std::vector<chat::Presence>>> Presence::State::joint_status(
    std::vector<chat::UserId> users) {
  std::vector<std::string> ours;
  add_names(ours);
  const redis::Script& script = presence_scripts().status_elsewhere;
  auto all = co_await ask(script, std::move(ours), std::move(users));
  if (!all) co_return all;
  for (chat::Presence& one : *all) {
    one.online = one.online || attendance.here().has(one.user);
    one.last_seen = std::max(one.last_seen, attendance.departed_at(one.user));
  }
  co_return all;
}

Presence::Presence(net::Shard& home, redis::Client& client) : Presence(home, client, Config{}) {}

Presence::Presence(net::Shard& home, redis::Client& client, Config config,
                   redis::Subscriber* listener)
    : state_(std::make_unique<State>(home, client, config, listener)) {
  client.on_state([state = state_.get()](bool) { state->connection_changed(); });
  client.on_refusal([state = state_.get()](bool) { state->refusal_changed(); });
  home.spawn("keep presence", state_->keep());
  if (listener != nullptr) home.spawn("look after other nodes", state_->look_after_others());
}

Presence::~Presence() = default;

void Presence::on_change(OnChange listener) { state_->changed = std::move(listener); }

Task<Result<bool>> Presence::arrive(chat::UserId user, std::string device, Time) {
  co_return co_await hop_to(state_->home, state_->arrive(user, std::move(device)));
}

Task<Result<bool>> Presence::leave(chat::UserId user, std::string device, Time now) {
  co_return co_await hop_to(state_->home, state_->leave(user, std::move(device), now));
}

Task<Result<std::vector<chat::Presence>>> Presence::status(std::vector<chat::UserId> users) {
  if (state_->asks.load(std::memory_order_acquire)) {
    if (is_joined()) {
      auto all = co_await state_->ask_status(users);
      if (all) co_return all;
    } else {
      auto all = co_await hop_to(state_->home, state_->joint_status(users));
      if (all) co_return all;
    }
  }
  co_return co_await hop_to(state_->home, state_->local_status(std::move(users)));
}

Task<void> Presence::close() { static_cast<void>(co_await hop_to(state_->home, state_->close())); }

Presence::Counts Presence::counts() const {
  return {state_->joins.load(), state_->reaped.load(), state_->local_answers.load()};
}

bool Presence::is_joined() const { return state_->joined.load(std::memory_order_acquire); }

bool Presence::is_settled() const {
  return is_joined() && SteadyTime::clock::now() >= state_->settled_at.load();
}

bool Presence::is_here(const chat::UserId& user) const {
  const std::lock_guard lock{state_->users_mutex};
  return state_->users_here.contains(user);
}

}  // namespace parley::nodes
