#include "nodes/missed_events.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace parley::nodes {

namespace {

constexpr std::string_view channel = "parley:missed-events";
/// Nothing that is told again is older, nor could it overflow a time.
constexpr std::chrono::milliseconds longest = std::chrono::hours{24};

std::optional<SteadyTime> earlier(std::optional<SteadyTime> known, SteadyTime time) {
  return std::min(known.value_or(time), time);
}

}  // namespace

MissedEvents::MissedEvents(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber,
                           Config config)
    : home_(home), client_(client), subscriber_(subscriber), config_(config) {
  client.on_state([this](bool is_connected) { connection_changed(is_connected); });
  subscriber.on_state([this](bool is_connected) { connection_changed(is_connected); });
  subscriber.on_opened([this](SteadyTime since) {
    missed_ = earlier(missed_, since);
    connection_changed(true);
  });
  home.post([this] {
    missed_ = home_.now();
    subscriber_.subscribe_soon(redis::Kind::channel, std::string{channel},
                               [this](std::string_view, std::string_view text) { hear(text); });
  });
}

void MissedEvents::connection_changed(bool is_connected) {
  if (!is_connected) {
    missed_ = earlier(missed_, home_.now() - config_.unnoticed);
  } else if (missed_ && client_.is_connected() && subscriber_.is_connected()) {
    const SteadyTime since = *std::exchange(missed_, std::nullopt);
    // Whoever begins and is connected at once has nobody yet who could miss anything.
    if (home_.now() - since >= config_.pause) home_.spawn("ask for missed events", ask(since));
  }
}

Task<void> MissedEvents::ask(SteadyTime since) {
  const auto age = std::chrono::ceil<std::chrono::milliseconds>(home_.now() - since);
  redis::Command command{"PUBLISH", std::string{channel}, std::to_string(age.count())};
  const auto said = co_await client_.call(std::move(command));
  // Again when the connection is back.
  if (!said) missed_ = earlier(missed_, since);
}

void MissedEvents::hear(std::string_view text) {
  std::int64_t ms = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, ms);
  if (error != std::errc{} || stop != end || ms < 0) return;
  const bool is_waiting = asked_.has_value();
  asked_ = earlier(asked_, home_.now() - std::min(std::chrono::milliseconds{ms}, longest));
  if (!is_waiting) home_.spawn("tell missed events again", tell_soon());
}

Task<void> MissedEvents::tell_soon() {
  co_await net::sleep_for(config_.pause);
  const SteadyTime since = *std::exchange(asked_, std::nullopt);
  if (listener_) listener_(since);
}

}  // namespace parley::nodes
