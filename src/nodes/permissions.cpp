#include "nodes/permissions.hpp"

#include <utility>

#include "ops/log.hpp"

namespace parley::nodes {

namespace {

const std::string nobody(24, '0');

std::optional<Error> refusal_among(const std::vector<redis::Reply>& replies) {
  for (const redis::Reply& reply : replies) {
    const auto* error = reply.error();
    if (error == nullptr) continue;
    // Without memory it takes nothing at all into a transaction.
    const bool is_silent = redis::cannot_serve(error->text);
    return fail(is_silent ? Errc::unavailable : Errc::bad_request, error->text);
  }
  return std::nullopt;
}

}  // namespace

Task<Result<Done>> try_commands(redis::Client& client, std::vector<redis::Command> commands) {
  // Redis asks for permission when it puts a command into a transaction. Where the account has no
  // transactions they would be executed.
  std::vector<redis::Command> empty{{"MULTI"}, {"DISCARD"}};
  const auto first = co_await client.call_all(std::move(empty));
  if (!first) co_return first.error();
  if (const auto refused = refusal_among(*first)) co_return *refused;
  commands.insert(commands.begin(), {"MULTI"});
  commands.push_back({"DISCARD"});
  const auto replies = co_await client.call_all(std::move(commands));
  if (!replies) co_return replies.error();
  if (const auto refused = refusal_among(*replies)) co_return *refused;
  co_return Done{};
}

void log_refusals(redis::Client& client, std::string_view connection) {
  client.on_refusal([&client, connection](bool refused) {
    if (refused) {
      ops::log().error("Redis refuses writes",
                       {{"connection", connection}, {"reason", client.refusal()->reason}});
    } else {
      ops::log().info("Redis takes writes again", {{"connection", connection}});
    }
  });
}

std::vector<redis::Command> channels_heard() {
  return {{"SUBSCRIBE", "parley:user:" + nobody},
          {"SUBSCRIBE", "parley:alive:" + nobody},
          {"SUBSCRIBE", "parley:missed"},
          {"SUBSCRIBE", "parley:missed-events"}};
}

std::vector<redis::Command> channels_told() {
  return {{"PUBLISH", "parley:user:" + nobody, ""},
          {"PUBLISH", "parley:missed", ""},
          {"PUBLISH", "parley:missed-events", ""}};
}

Permissions::Permissions(net::Shard& home, redis::Client& client, std::vector<redis::Command> told,
                         std::vector<const redis::Subscriber*> listeners, Config config)
    : client_(client), told_(std::move(told)), listeners_(std::move(listeners)), config_(config) {
  log_refusals(client, "commands");
  home.spawn("watch what Redis permits", watch());
}

Task<void> Permissions::watch() {
  while (true) {
    co_await net::sleep_for(config_.every);
    co_await look();
    note();
  }
}

Task<void> Permissions::look() {
  // The client notes what comes of it. Whoever writes may be long in coming.
  client_.send(redis::harmless_write());
  auto commands = told_;
  const auto done = co_await try_commands(client_, std::move(commands));
  // Without an answer nothing is known, and what was known holds.
  if (!done && done.error().code != Errc::bad_request) co_return;
  const std::lock_guard lock{mutex_};
  untold_ = done ? "" : done.error().detail;
}

void Permissions::note() {
  const Result<Done> now = channels();
  if (now.has_value() != was_refused_) return;
  was_refused_ = !now;
  if (now) {
    ops::log().info("Redis permits all channels again");
  } else {
    ops::log().error("Redis refuses channels", {{"reason", now.error().detail}});
  }
}

Result<Done> Permissions::state() const {
  if (const auto refusal = client_.refusal()) return fail(Errc::bad_request, refusal->text());
  return channels();
}

Result<Done> Permissions::channels() const {
  std::size_t channels = 0;
  std::string reason;
  for (const auto* listener : listeners_) {
    auto refusals = listener->refusals();
    channels += refusals.channels;
    if (reason.empty()) reason = std::move(refusals.reason);
  }
  if (channels > 0) {
    return fail(Errc::bad_request,
                "refuses to let " + std::to_string(channels) + " channels be heard: " + reason);
  }
  const std::lock_guard lock{mutex_};
  if (!untold_.empty()) return fail(Errc::bad_request, "refuses what is told: " + untold_);
  return Done{};
}

std::size_t Permissions::refused() const {
  std::size_t channels = 0;
  for (const auto* listener : listeners_) channels += listener->refusals().channels;
  const std::lock_guard lock{mutex_};
  return channels + (untold_.empty() ? 0 : 1);
}

}  // namespace parley::nodes
