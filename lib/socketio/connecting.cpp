#include "socketio/connecting.hpp"

#include "net/shard.hpp"
#include "socketio/client.hpp"
#include "socketio/local_adapter.hpp"

namespace parley::socketio {
namespace {

using namespace std::chrono_literals;

/// Runs on the shard of `local`: ends a half-open connection of the same client, then takes its
/// session.
std::optional<Restored> take(LocalAdapter& local, const RecoveryRequest& request) {
  Recovery& recovery = *local.recovery();
  if (Socket* const live = recovery.find_live(request.pid))
    live->shared_from_this()->close_engine();
  return recovery.take(request.pid, request.offset, local.shard().now());
}

/// Asks this shard first, then the others.
Task<std::optional<Restored>> take_anywhere(const Namespace& nsp, std::size_t home,
                                            RecoveryRequest request) {
  const std::size_t count = nsp.shard_count();
  for (std::size_t i = 0; i < count; ++i) {
    LocalAdapter& local = nsp.local((home + i) % count);
    auto visit = [&local, &request] { return take(local, request); };
    std::optional<Restored> restored = co_await net::run_on(local.shard(), visit);
    if (restored) co_return restored;
  }
  co_return std::nullopt;
}

/// Waits until this shard has got every event that `seen` counts: each is on its way already.
Task<bool> catch_up(const Recovery& here, std::vector<std::uint64_t> seen) {
  for (int i = 0; i < 1000 && !here.has_seen(seen); ++i) {
    const auto pause = 1ms;
    co_await net::sleep_for(pause);
  }
  co_return here.has_seen(seen);
}

Task<std::optional<ConnectError>> run_middlewares(std::shared_ptr<Socket> socket) {
  for (const auto& middleware : socket->nsp().behaviour().middlewares) {
    auto task = middleware(socket);
    std::optional<ConnectError> error = co_await std::move(task);
    if (error || socket->handshake().engine == nullptr) co_return error;
  }
  co_return std::nullopt;
}

/// The same, with an exception turned into a refusal.
Task<std::optional<ConnectError>> ask_middlewares(std::shared_ptr<Socket> socket) {
  try {
    co_return co_await run_middlewares(socket);
  } catch (...) {
    socket->shard().report("socketio.middleware", std::current_exception());
  }
  co_return ConnectError{"Internal error", std::nullopt};
}

}  // namespace

std::optional<RecoveryRequest> recovery_request(const Namespace& nsp, const json::object& auth) {
  if (!nsp.recovery().enabled) return std::nullopt;
  const auto pid = json::string_member(auth, "pid");
  const auto offset = json::string_member(auth, "offset");
  if (!pid || !offset) return std::nullopt;
  return RecoveryRequest{std::string{*pid}, std::string{*offset}};
}

Task<void> run_connect(std::shared_ptr<Socket> socket, std::optional<RecoveryRequest> request) {
  std::optional<Restored> restored;
  if (request) {
    const std::size_t home = socket->shard().index();
    restored = co_await take_anywhere(socket->nsp(), home, std::move(*request));
    if (restored && !co_await catch_up(socket->recovery(), restored->seen)) restored.reset();
  }
  std::optional<ConnectError> error;
  if (!restored || !socket->nsp().recovery().skip_middlewares)
    error = co_await ask_middlewares(socket);
  socket->finish_connect(std::move(error), std::move(restored));
}

}  // namespace parley::socketio
