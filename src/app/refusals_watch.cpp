#include "app/refusals_watch.hpp"

#include <utility>

#include "ops/log.hpp"

namespace parley::app {

Refusals refusals_of(const http::Server& http, const engineio::Server& engine,
                     const net::Tls* tls) {
  Refusals all;
  const auto connections = http.counts();
  all.connections = connections.refused;
  all.pauses = connections.accept_pauses;
  const auto sessions = engine.counts();
  for (const auto& [cause, count] : sessions.rejected) {
    if (cause == "overfull") all.sessions = count;
    if (cause == "not_forwarded") all.forwarded = count;
  }
  all.displaced = connections.displaced + sessions.displaced;
  if (tls != nullptr) all.tls_handshakes = tls->counts().displaced;
  return all;
}

std::optional<Refusals> RefusalNews::of(const Refusals& total, SteadyTime now) {
  if (total == told_ || (told_at_ && now < *told_at_ + quiet)) return std::nullopt;
  const Refusals before = std::exchange(told_, total);
  told_at_ = now;
  return Refusals{total.connections - before.connections,
                  total.pauses - before.pauses,
                  total.sessions - before.sessions,
                  total.displaced - before.displaced,
                  total.tls_handshakes - before.tls_handshakes,
                  total.forwarded - before.forwarded};
}

RefusalsWatch::RefusalsWatch(net::Shard& home, std::function<Refusals()> total,
                             std::size_t max_connections)
    : home_(home), total_(std::move(total)), max_connections_(max_connections) {}

void RefusalsWatch::start() { home_.spawn("refusals watch", watch()); }

Task<void> RefusalsWatch::watch() {
  while (!stopped_) {
    if (const auto news = news_.of(total_(), SteadyTime::clock::now())) {
      ops::log().warn("the server is full: clients are turned away",
                      {{"connections", news->connections},
                       {"sessions", news->sessions},
                       {"displaced", news->displaced},
                       {"tls_handshakes", news->tls_handshakes},
                       {"forwarded", news->forwarded},
                       {"pauses_without_files", news->pauses},
                       {"max_connections", max_connections_}});
    }
    co_await net::sleep_for(interval);
  }
}

}  // namespace parley::app
