#include "nodes/missed.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace parley::nodes {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view channel = "parley:missed";
constexpr auto look_every = 500ms;
/// After a stall of Redis all nodes say it: that is one gap.
constexpr auto gather = 1s;

std::uint64_t lost_by(const redis::Client& client) {
  const auto counts = client.counts();
  return counts.failures + counts.dropped;
}

}  // namespace

Missed::Missed(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber,
               std::string node, Listener listener)
    : home_(home),
      client_(client),
      subscriber_(subscriber),
      node_(std::move(node)),
      listener_(std::move(listener)) {
  home_.spawn("watch what is lost", watch());
}

Task<void> Missed::watch() {
  subscriber_.subscribe_soon(redis::Kind::channel, std::string{channel},
                             [this](std::string_view, std::string_view text) { hear(text); });
  std::uint64_t known = 0;
  Time clean = wall_now();
  while (true) {
    co_await net::sleep_for(look_every);
    const std::uint64_t lost = lost_by(client_);
    if (lost == known) {
      clean = wall_now();
      continue;
    }
    redis::Command command{"PUBLISH", std::string{channel},
                           node_ + ' ' + std::to_string(to_unix_ms(clean))};
    const auto said = co_await client_.call(std::move(command));
    if (said) known = lost;
  }
}

void Missed::hear(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos || text.substr(0, space) == node_) return;
  std::int64_t ms = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + space + 1, end, ms);
  // 13 digits until the year 2286: nothing that could overflow a sum of times.
  if (error != std::errc{} || stop != end || ms < 0 || ms > 9'999'999'999'999) return;
  const bool is_waiting = since_.has_value();
  since_ = is_waiting ? std::min(*since_, from_unix_ms(ms)) : from_unix_ms(ms);
  if (!is_waiting) home_.spawn("tell of a gap", tell());
}

Task<void> Missed::tell() {
  co_await net::sleep_for(gather);
  if (const auto since = std::exchange(since_, std::nullopt)) listener_(*since);
}

}  // namespace parley::nodes
