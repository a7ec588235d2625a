#include "engineio/registry.hpp"

#include <algorithm>
#include <utility>

#include "engineio/session_id.hpp"

namespace parley::engineio {
namespace {

constexpr std::chrono::milliseconds drain_step{10};

websocket::Config websocket_config(const Config& config, std::size_t max_message) {
  websocket::Config out;
  out.max_message = max_message;
  out.deflate_threshold = config.deflate_threshold;
  return out;
}

}  // namespace

Common::Common(Config chosen, Application& above)
    : config(std::move(chosen)),
      application(above),
      answers(config),
      max_early_payload(
          std::min(config.max_payload, config.max_early_payload.value_or(config.max_payload))),
      websocket(websocket_config(config, config.max_payload)),
      early_websocket(websocket_config(config, max_early_payload)) {}

Registry::Registry(net::Shard& shard, Common& common)
    : shard_(shard),
      common_(common),
      drain_timer_(net::Timer::calling<&Registry::on_drain_timer>(shard.timers(), *this)) {}

ClientSession* Registry::find(std::string_view id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->get();
}

void Registry::displace_one() {
  if (expendables_.empty()) return;
  counters_.displaced.add();
  expendables_.front().give_way();
}

std::shared_ptr<void> Registry::share_of_relayed(std::size_t bytes) {
  if (bytes > common_.config.max_relayed - *relayed_) return nullptr;
  *relayed_ += bytes;
  return {relayed_.get(), [relayed = relayed_, bytes](void*) { *relayed -= bytes; }};
}

void Registry::set_expendable(ClientSession& session, bool may) {
  if (session.expendable.is_linked() == may) return;
  expendable_count_.add(may ? 1 : -1);
  if (may) {
    expendables_.push_back(session);
  } else {
    session.expendable.unlink();
  }
}

ClientSession& Registry::add(Handshake handshake) {
  const Home home{common_.config.node, shard_.index()};
  auto made = std::make_unique<ClientSession>(*this, make_session_id(home), std::move(handshake));
  ClientSession& session = *made;
  sessions_.insert(std::move(made));
  set_expendable(session, true);
  common_.sessions.fetch_add(1, std::memory_order_relaxed);
  counters_.opened.add();
  return session;
}

void Registry::retire(ClientSession& session) {
  const auto found = sessions_.find(std::string_view{session.id()});
  if (found == sessions_.end()) return;
  set_expendable(session, false);
  graveyard_.sessions.push_back(std::move(sessions_.extract(found).value()));
  common_.sessions.fetch_sub(1, std::memory_order_relaxed);
  schedule_burial();
}

void Registry::bury(std::unique_ptr<SessionHandler> handler) {
  if (!handler) return;
  graveyard_.handlers.push_back(std::move(handler));
  schedule_burial();
}

void Registry::bury(std::unique_ptr<Upgrade> upgrade) {
  if (!upgrade) return;
  graveyard_.upgrades.push_back(std::move(upgrade));
  schedule_burial();
}

void Registry::schedule_burial() {
  if (std::exchange(graveyard_.is_scheduled, true)) return;
  shard_.post([weak = weak_from_this()] {
    // Destructors may close further sessions, so the lists are taken away first.
    if (const auto self = weak.lock())
      const Graveyard dead = std::exchange(self->graveyard_, Graveyard{});
  });
}

void Registry::drain(CloseReason reason, std::chrono::milliseconds jitter) {
  draining_ = true;
  drain_ = {.ids = {}, .done = 0, .reason = reason, .start = shard_.now(), .jitter = jitter};
  drain_.ids.reserve(sessions_.size());
  for (const auto& session : sessions_) drain_.ids.push_back(session->id());
  on_drain_timer();
}

void Registry::on_drain_timer() {
  const auto passed = shard_.now() - drain_.start;
  const std::size_t total = drain_.ids.size();
  const bool all = passed >= drain_.jitter;
  const auto due =
      all ? total
          : static_cast<std::size_t>(static_cast<double>(total) *
                                     (passed / std::chrono::duration<double>{drain_.jitter}));
  for (; drain_.done < due; ++drain_.done) {
    if (ClientSession* session = find(drain_.ids[drain_.done])) session->close(drain_.reason);
  }
  if (drain_.done < total) drain_timer_.start(shard_.now() + drain_step);
}

void Registry::clear() {
  draining_ = true;
  drain_timer_.stop();
  auto sessions = std::exchange(sessions_, {});
  sessions.clear();
  const Graveyard dead = std::exchange(graveyard_, Graveyard{});
}

}  // namespace parley::engineio
