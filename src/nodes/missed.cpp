#include "nodes/missed.hpp"

#include <charconv>
#include <utility>

namespace parley::nodes {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view channel = "parley:missed";
constexpr auto look_every = 500ms;
/// No count of losses.
constexpr std::uint64_t nothing = ~std::uint64_t{0};

/// One that fails counts anew.
std::uint64_t lost_by(const redis::Client& client) {
  const auto counts = client.counts();
  return counts.failures + counts.dropped;
}

}  // namespace

Missed::Missed(net::Shard& home, redis::Client& client, redis::Subscriber& subscriber,
               ThisNode node, Listener listener)
    : client_(client),
      subscriber_(subscriber),
      node_(std::move(node)),
      listener_(std::move(listener)) {
  home.spawn("watch what is lost", watch());
}

std::optional<redis::Command> Missed::take_notice() {
  const std::uint64_t lost = lost_by(client_);
  if (lost == told_ || !client_.is_connected()) return std::nullopt;
  told_ = lost;
  is_confirmed_ = false;
  return redis::Command{"PUBLISH", std::string{channel},
                        node_.name + ' ' + std::to_string(to_unix_ms(clean_))};
}

Task<void> Missed::watch() {
  subscriber_.subscribe_soon(redis::Kind::channel, std::string{channel},
                             [this](std::string_view, std::string_view text) { hear(text); });
  while (true) {
    co_await net::sleep_for(look_every);
    auto command = take_notice();
    // Not PING, which a server that cannot save refuses.
    if (!command && !is_confirmed_) command = redis::Command{"ECHO", ""};
    if (command) {
      const std::uint64_t before = told_;
      const auto said = co_await client_.call(std::move(*command));
      // Whatever went before has arrived, too: replies come in order.
      is_confirmed_ = said && told_ == before;
      // What was not even taken does not count as lost, and has to be said again.
      if (!said) told_ = nothing;
    }
    if (is_confirmed_ && lost_by(client_) == told_) clean_ = node_.clock();
  }
}

void Missed::hear(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos || text.substr(0, space) == node_.name) return;
  std::int64_t ms = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + space + 1, end, ms);
  // 13 digits until the year 2286: nothing that could overflow a sum of times.
  if (error != std::errc{} || stop != end || ms < 0 || ms > 9'999'999'999'999) return;
  listener_(from_unix_ms(ms));
}

}  // namespace parley::nodes
