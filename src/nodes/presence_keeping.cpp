#include <algorithm>
#include <utility>

#include "nodes/name.hpp"
#include "nodes/presence_scripts.hpp"
#include "nodes/presence_state.hpp"
#include "ops/log.hpp"

namespace parley::nodes {

using namespace std::chrono_literals;

namespace {

/// Users told to Redis, or taken out, in one step: about a millisecond of its time each.
constexpr std::size_t users_a_step = 200;
constexpr std::string_view users_a_reaping = "500";
constexpr std::size_t devices_a_step = 2'000;
/// Older names end with their leases.
constexpr std::size_t max_formers = 8;
/// After Redis refused something, before it is tried again.
constexpr auto longest_retry = 1s;

redis::Command load(const redis::Script& script) { return {"SCRIPT", "LOAD", script.source()}; }

std::vector<redis::Command> load_all() {
  const PresenceScripts& all = presence_scripts();
  return {load(all.join),    load(all.renew),  load(all.arrive), load(all.leave),
          load(all.restore), load(all.depart), load(all.status), load(all.status_elsewhere),
          load(all.end),     load(all.reap)};
}

/// Nothing is said there: that somebody listens shows that the node of that name lives.
std::string channel_of(const std::string& node) { return "parley:alive:" + node; }
void hear_nothing(std::string_view, std::string_view) {}
/// That it lives all the same, where nobody listens because the connection for it is away.
std::string unheard_key(const std::string& node) { return "parley:unheard:" + node; }

Error nonsense() { return fail(Errc::corrupt, "not what the script answers"); }
Error lease_over() { return fail(Errc::unavailable, "the lease is over"); }

}  // namespace

void Presence::State::lose_touch() {
  in_touch = false;
  joined.store(false, std::memory_order_release);
  others.forget();
}

void Presence::State::connection_changed() {
  lose_touch();
  asks.store(false, std::memory_order_release);
  alarm.notify();
}

void Presence::State::refusal_changed() {
  lose_touch();
  alarm.notify();
}

void Presence::State::doubt(const Error& reason) {
  if (closed) return;
  if (!std::exchange(in_doubt, true)) {
    ops::log().debug("presence must be told again", {{"reason", reason.detail}});
  }
}

void Presence::State::lapse() {
  if (closed) return;
  connection_changed();
}

void Presence::State::note(const redis::Reply& user, bool online) {
  const auto id = user.text() != nullptr ? chat::UserId::parse(*user.text()) : std::nullopt;
  if (id) news.push_back({*id, online});
}

void Presence::State::tell_news() {
  const auto all = std::exchange(news, {});
  for (const auto& [user, online] : all) {
    if (changed) changed(user, online);
  }
}

Task<void> Presence::State::keep() {
  while (!closed) {
    SteadyTime next = home.now() + tick();
    if (client.takes_writes()) next = co_await take_turn();
    co_await alarm.wait_until(next);
  }
}

/// Gives when the next one is due.
Task<SteadyTime> Presence::State::take_turn() {
  const auto retry = std::min<std::chrono::milliseconds>(tick(), longest_retry);
  if (!joined.load() || in_doubt) {
    const bool is_good = co_await join();
    if (!is_good) {
      lose_touch();
      co_return home.now() + retry;
    }
  }
  co_return co_await renew();
}

/// Everything anew, under a name that nobody can think dead.
Task<bool> Presence::State::join() {
  lose_touch();
  in_doubt = false;
  if (!name.empty()) {
    formers.push_back(name);
    if (listener != nullptr) listener->unsubscribe(redis::Kind::channel, channel_of(name));
  }
  if (formers.size() > max_formers) formers.erase(formers.begin());
  name = new_name();
  const auto entered = co_await enter_name();
  if (!entered || closed) co_return false;
  const bool restored = co_await restore_all();
  if (!restored) co_return false;
  const bool departed = co_await depart_all();
  if (!departed) co_return false;
  const bool ended = co_await end_formers();
  if (!ended) co_return false;
  // At a first start the others have been there all the time.
  if (joins.load() > 0) {
    reaps_from = home.now() + config.comeback;
    settled_at.store(reaps_from + config.lease);
  }
  joined.store(true, std::memory_order_release);
  asks.store(true, std::memory_order_release);
  joins.fetch_add(1, std::memory_order_relaxed);
  tell_news();
  ops::log().info("presence joined", {{"name", name}});
  co_return true;
}

/// What an old connection still says under them counts for nothing, and what is left goes now.
Task<bool> Presence::State::end_formers() {
  while (!formers.empty()) {
    std::vector<std::string> arguments{formers.back()};
    const auto ended = co_await run(presence_scripts().end, std::move(arguments));
    if (!ended || !in_touch) co_return false;
    formers.pop_back();
  }
  co_return true;
}

/// The scripts come first: one that the server did not know would be sent again, out of its turn.
Task<Result<Done>> Presence::State::enter_name() {
  auto scripts = load_all();
  const auto loaded = co_await client.call_all(std::move(scripts));
  if (!loaded) co_return loaded.error();
  std::vector<std::string> arguments{name, std::to_string(config.lease.count())};
  const auto reply = co_await run(presence_scripts().join, std::move(arguments));
  if (!reply) co_return reply.error();
  if (reply->integer() == nullptr) co_return nonsense();
  if (listener != nullptr)
    listener->subscribe_soon(redis::Kind::channel, channel_of(name), &hear_nothing);
  // A loss in between has been told to connection_changed.
  in_touch = client.is_connected();
  co_return Done{};
}

Task<bool> Presence::State::restore_all() {
  const auto users = attendance.here().all();
  for (std::size_t at = 0; at < users.size();) {
    std::vector<chat::UserId> some;
    for (std::size_t devices = 0; at < users.size() && some.size() < users_a_step; ++at) {
      const auto* theirs = attendance.here().find(users[at]);
      if (theirs == nullptr) continue;
      if (devices != 0 && devices + theirs->size() > devices_a_step) break;
      devices += theirs->size();
      some.push_back(users[at]);
    }
    auto done = co_await restore(some);
    // Where one of them is refused (a key of another type, say) the others are not.
    for (std::size_t i = 0; !done && done.error().code == Errc::bad_request && i < some.size();
         ++i) {
      std::vector<chat::UserId> one{some[i]};
      const auto alone = co_await restore(std::move(one));
      if (!alone && alone.error().code != Errc::bad_request) done = alone.error();
    }
    if (!in_touch || (!done && done.error().code != Errc::bad_request)) co_return false;
  }
  co_return true;
}

void Presence::State::add_names(std::vector<std::string>& arguments) const {
  arguments.push_back(name);
  arguments.push_back(std::to_string(formers.size()));
  arguments.insert(arguments.end(), formers.begin(), formers.end());
}

std::vector<std::string> Presence::State::restore_arguments(
    const std::vector<chat::UserId>& users) const {
  std::vector<std::string> arguments;
  add_names(arguments);
  arguments.push_back(std::to_string(renewed));
  for (const chat::UserId user : users) {
    const auto* devices = attendance.here().find(user);
    if (devices == nullptr) continue;
    arguments.push_back(user.hex());
    arguments.emplace_back(attendance.is_told(user) ? "0" : "1");
    arguments.push_back(std::to_string(devices->size()));
    arguments.insert(arguments.end(), devices->begin(), devices->end());
  }
  return arguments;
}

Task<Result<Done>> Presence::State::restore(std::vector<chat::UserId> users) {
  auto arguments = restore_arguments(users);
  const auto reply = co_await run(presence_scripts().restore, std::move(arguments));
  if (!reply) co_return reply.error();
  if (reply->is_nil()) co_return lease_over();
  if (reply->array() == nullptr) co_return nonsense();
  for (const chat::UserId user : users) attendance.set_told(user);
  for (const redis::Reply& user : *reply->array()) note(user, true);
  co_return Done{};
}

Task<bool> Presence::State::depart_all() {
  const auto all = attendance.departures();
  for (std::size_t at = 0; at < all.size(); at += users_a_step) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = static_cast<std::ptrdiff_t>(std::min(all.size() - at, users_a_step));
    std::vector<Attendance::Departure> some(first, first + count);
    const auto done = co_await depart(std::move(some));
    if (!in_touch || (!done && done.error().code != Errc::bad_request)) co_return false;
  }
  co_return true;
}

Task<Result<Done>> Presence::State::depart(std::vector<Attendance::Departure> departures) {
  std::vector<Attendance::Departure> gone;
  std::vector<std::string> arguments;
  add_names(arguments);
  for (const auto& one : departures) {
    // Who came back meanwhile was restored, or has arrived.
    if (attendance.departed_at(one.user) != one.at) continue;
    arguments.push_back(one.user.hex());
    arguments.push_back(std::to_string(to_unix_ms(one.at)));
    gone.push_back(one);
  }
  const auto reply = co_await run(presence_scripts().depart, std::move(arguments));
  if (!reply) co_return reply.error();
  if (reply->is_nil()) co_return lease_over();
  const auto* online = reply->array();
  if (online == nullptr || online->size() != gone.size()) co_return nonsense();
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (attendance.departed_at(gone[i].user) == gone[i].at)
      attendance.forget_departure(gone[i].user);
    news.push_back({gone[i].user, (*online)[i] == redis::Reply{std::int64_t{1}}});
  }
  co_return Done{};
}

Task<SteadyTime> Presence::State::renew() {
  const SteadyTime due = home.now() + tick();
  std::vector<std::string> arguments{name, std::to_string(config.lease.count())};
  const auto reply = co_await run(presence_scripts().renew, std::move(arguments));
  const auto* values = reply && reply->array() != nullptr ? reply->array() : nullptr;
  if (values == nullptr || values->size() < 2 || (*values)[0].integer() == nullptr) {
    // Over, or Redis forgot: all anew, at once.
    reply ? lapse() : doubt(reply.error());
    co_return due;
  }
  renewed = *(*values)[0].integer();
  if (listener != nullptr) co_await choose_whom_to_watch();
  // Those whose leases ended while Redis could not be told may be on their way back, as we were.
  if (values->size() > 2 && home.now() < reaps_from) co_return std::min(due, reaps_from);
  for (std::size_t i = 2; i < values->size(); ++i) {
    const auto* dead = (*values)[i].text();
    if (dead == nullptr) continue;
    const bool is_done = co_await reap(*dead, due);
    if (!is_done) co_return due;
  }
  // Another lease that is over before our next turn belongs to a node that does not renew it.
  const auto* soon = (*values)[1].integer();
  if (soon == nullptr || *soon < 0) co_return due;
  co_return std::min(due, home.now() + std::chrono::milliseconds{*soon + 1});
}

Task<void> Presence::State::choose_whom_to_watch() {
  redis::Command question{"ZRANGEBYSCORE", "parley:nodes", '(' + std::to_string(renewed), "+inf"};
  const auto reply = co_await client.call(std::move(question));
  if (!reply || reply->array() == nullptr) co_return;
  std::vector<std::string> living;
  for (const redis::Reply& node : *reply->array()) {
    if (node.text() != nullptr) living.push_back(*node.text());
  }
  others.choose(std::move(living), name);
}

Task<void> Presence::State::look_after_others() {
  while (!closed) {
    co_await net::sleep_for(config.look);
    if (!joined.load()) continue;
    std::vector<std::string> names = others.watched();
    names.push_back(name);
    auto lives = co_await look_for(names);
    if (lives.empty()) continue;
    if (lives.back() == 0 && names.back() == name) say_that_it_lives();
    names.pop_back();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!others.observe(names[i], lives[i])) continue;
      std::string dead = names[i];
      co_await end_lease(std::move(dead));
    }
  }
}

/// Signs of life of each node, in that order; none: Redis does not tell.
Task<std::vector<std::int64_t>> Presence::State::look_for(std::vector<std::string> nodes) {
  std::vector<redis::Command> questions{{"PUBSUB", "NUMSUB"}, {"MGET"}};
  for (const std::string& node : nodes) {
    questions[0].push_back(channel_of(node));
    questions[1].push_back(unheard_key(node));
  }
  const auto replies = co_await client.call_all(std::move(questions));
  std::vector<std::int64_t> signs;
  if (!replies) co_return signs;
  // Channels and counts, in the order of the question.
  const auto* listeners = (*replies)[0].array();
  const auto* notes = (*replies)[1].array();
  const bool is_answer = listeners != nullptr && listeners->size() == 2 * nodes.size() &&
                         notes != nullptr && notes->size() == nodes.size();
  for (std::size_t i = 0; is_answer && i < nodes.size(); ++i) {
    const auto* count = (*listeners)[2 * i + 1].integer();
    signs.push_back((count != nullptr ? *count : 1) + ((*notes)[i].is_nil() ? 0 : 1));
  }
  co_return signs;
}

/// For those who look next; it is over soon after the process.
void Presence::State::say_that_it_lives() {
  const auto keep = (FailureDetector::looks + 2) * config.look;
  client.send({"SET", unheard_key(name), "1", "PX", std::to_string(keep.count())});
}

/// Nobody renews it, and renewing ours shows that it is over.
Task<void> Presence::State::end_lease(std::string dead) {
  ops::log().info("another node has died", {{"name", dead}});
  std::vector<std::string> arguments{std::move(dead)};
  const auto ended = co_await run(presence_scripts().end, std::move(arguments));
  if (ended) alarm.notify();
}

/// False when it has to go on another time: `until` passed, or Redis is away.
Task<bool> Presence::State::reap(std::string node, SteadyTime until) {
  while (home.now() < until) {
    std::vector<std::string> arguments{node, std::string{users_a_reaping}};
    const auto reply = co_await run(presence_scripts().reap, std::move(arguments));
    const auto* values = reply && reply->array() != nullptr ? reply->array() : nullptr;
    if (values == nullptr || values->empty()) co_return false;
    for (std::size_t i = 1; i < values->size(); ++i) note((*values)[i], false);
    tell_news();
    reaped.fetch_add(values->size() - 1, std::memory_order_relaxed);
    if ((*values)[0] == redis::Reply{std::int64_t{0}}) co_return true;
  }
  co_return false;
}

Task<Result<Done>> Presence::State::close() {
  if (std::exchange(closed, true)) co_return Done{};
  const bool is_told = std::exchange(in_touch, false);
  joined.store(false, std::memory_order_release);
  alarm.notify();
  if (!is_told) co_return Done{};
  std::vector<std::string> arguments{name};
  const auto ended = co_await run(presence_scripts().end, std::move(arguments));
  if (!ended) co_return ended.error();
  // They have left: their sockets, which end now, are no news.
  attendance = {};
  const bool is_done = co_await reap(name, SteadyTime::max());
  if (!is_done) co_return fail(Errc::unavailable, "another node will take the devices out");
  co_return Done{};
}

}  // namespace parley::nodes
