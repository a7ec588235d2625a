#include "engineio/endpoint.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "engineio/session_id.hpp"
#include "http/relay.hpp"
#include "websocket/handshake.hpp"

namespace parley::engineio {
namespace {

constexpr int internal_error = 500;
constexpr int bad_request = 400;
constexpr int payload_too_large = 413;
/// Beyond the limit: sessions for which one of another shard is yet to go.
constexpr std::size_t most_leaving = 256;

bool is_kept(std::string_view name, const std::vector<std::string>& kept) {
  return kept.empty() || std::ranges::any_of(kept, [&](const std::string& one) {
           return http::same_name(name, one);
         });
}

}  // namespace

/// Who goes is of the shard with most who may: else all who come to another one would go in the
/// place of one another. It goes a moment later there.
bool Core::make_room(Registry& here) {
  if (here.is_draining()) return false;
  const std::size_t open = common.sessions.load(std::memory_order_relaxed);
  const std::size_t most = common.config.max_sessions;
  if (open < most) return true;
  const auto& crowded = *std::ranges::max_element(
      registries, {}, [](const auto& registry) { return registry->expendables(); });
  if (crowded->expendables() == 0 || open >= most + most_leaving) return false;
  if (crowded.get() == &here) {
    here.displace_one();
  } else {
    crowded->shard().post([crowded] { crowded->displace_one(); });
  }
  return true;
}

Registry& Endpoint::registry_of(http::Exchange& exchange) {
  return *core_->registries[exchange.connection().shard().index()];
}

ClientSession* Endpoint::session_of(http::Exchange& exchange) {
  Registry& registry = registry_of(exchange);
  const Asked asked{exchange.request()};
  if (ClientSession* session = registry.find(asked.sid)) session->catch_up(registry.shard().now());
  return registry.find(asked.sid);
}

net::Shard* Endpoint::other_shard(http::Exchange& exchange) {
  const auto home = home_of(Asked{exchange.request()}.sid);
  if (!home || home->node != config().node || home->shard >= core_->registries.size())
    return nullptr;
  net::Shard& shard = core_->registries[home->shard]->shard();
  return &shard == &exchange.connection().shard() ? nullptr : &shard;
}

std::optional<NodeNumber> Endpoint::other_node(const http::Request& request) const {
  if (!config().neighbours || http::was_relayed(request)) return std::nullopt;
  const auto home = home_of(Asked{request}.sid);
  if (!home || home->node == config().node) return std::nullopt;
  return home->node;
}

void Endpoint::forward(NodeNumber node, std::shared_ptr<http::Exchange> exchange) {
  const auto refuse_it = [self = *this](http::Exchange& open, http::NotRelayed why) mutable {
    if (why == http::NotRelayed::unanswered) return self.refuse(open, Refusal::session_unknown);
    self.registry_of(open).counters().not_forwarded.add();
    self.answers().busy(open);
  };
  config().neighbours->forward(node, std::move(exchange), refuse_it);
}

/// Nobody here knows whether that node has the session, or is there at all: a body that is longer
/// than a stranger's may be needs a share of what there is for all of these.
void Endpoint::bound_relayed(http::Exchange& exchange) {
  const std::size_t early = core_->common.max_early_payload;
  const std::size_t body = most_of_body(exchange.request(), config().max_payload);
  if (body <= early) return;
  auto share = registry_of(exchange).share_of_relayed(body);
  if (!share) return exchange.limit_body(early);
  exchange.on_abort([share = std::move(share)] {});  // held until it is relayed
}

void Endpoint::on_head(std::shared_ptr<http::Exchange> exchange) {
  if (net::Shard* owner = other_shard(*exchange)) return exchange->move_to(*owner);
  const http::Request& request = exchange->request();
  if (answers().is_preflight(request)) return answers().preflight(*exchange);
  if (other_node(request)) return bound_relayed(*exchange);  // on_body goes on.

  const Asked asked{request};
  ClientSession* session = session_of(*exchange);
  const auto transport = session ? std::optional{session->transport()} : std::nullopt;
  if (const auto refusal = check_before_allow(asked, request, config(), transport))
    return refuse(*exchange, *refusal);
  if (asked.is_upgrade) return upgrade(*exchange, session);
  if (!session || !session->is_trusted() || request.method != http::Method::post)
    exchange->limit_body(core_->common.max_early_payload);
  if (!session || request.method == http::Method::get) return;  // on_body goes on.
  if (request.method != http::Method::post) return answers().empty(*exchange, internal_error);
  session->begin_post(std::move(exchange));
}

void Endpoint::on_body(std::shared_ptr<http::Exchange> exchange) {
  const Asked asked{exchange->request()};
  if (asked.sid.empty()) return open(*exchange);
  if (const auto node = other_node(exchange->request())) return forward(*node, std::move(exchange));
  ClientSession* session = session_of(*exchange);
  // Since the head was read the session may have ended, or upgraded.
  if (!session) return refuse(*exchange, Refusal::session_unknown);
  if (session->transport() != TransportName::polling)
    return refuse(*exchange, Refusal::bad_request);
  if (exchange->request().method == http::Method::get) {
    session->poll(std::move(exchange));
  } else {
    session->post(exchange);
  }
}

void Endpoint::on_too_large(std::shared_ptr<http::Exchange> exchange) {
  Registry& registry = registry_of(*exchange);
  registry.counters().too_large.add();
  ClientSession* session = session_of(*exchange);
  if (session && session->transport() == TransportName::polling) {
    session->refuse_post(*exchange);
  } else {
    answers().empty(*exchange, payload_too_large);
  }
}

void Endpoint::upgrade(http::Exchange& exchange, ClientSession* session) {
  if (has_body(exchange.request())) return answers().empty(exchange, bad_request);
  if (!session && !allow(exchange)) return;
  const auto handshake =
      websocket::read_handshake(exchange.request(), config().per_message_deflate);
  if (!handshake) {
    registry_of(exchange).counters().refused[static_cast<std::size_t>(Refusal::bad_request)].add();
    std::string leftover;
    const int status = handshake.error().code == Errc::not_supported ? 426 : bad_request;
    return websocket::refuse(exchange.take_over(leftover), status, handshake.error().detail);
  }
  if (session) return session->begin_upgrade(exchange, *handshake);
  registry_of(exchange).add(handshake_of(exchange.request())).open_websocket(exchange, *handshake);
}

void Endpoint::open(http::Exchange& exchange) {
  if (!allow(exchange)) return;
  registry_of(exchange).add(handshake_of(exchange.request())).open_polling(exchange);
}

bool Endpoint::allow(http::Exchange& exchange) {
  Registry& registry = registry_of(exchange);
  if (!is_allowed_origin(exchange.request(), config())) {
    refuse(exchange, Refusal::forbidden);
    return false;
  }
  if (const auto allowed = core_->common.application.allow(exchange.request()); !allowed) {
    refuse(exchange, Refusal::forbidden, allowed.error().detail);
    return false;
  }
  if (const auto refusal = check_after_allow(Asked{exchange.request()})) {
    refuse(exchange, *refusal);
    return false;
  }
  if (core_->make_room(registry)) return true;
  registry.counters().overfull.add();
  answers().refusal(exchange, Refusal::forbidden);
  return false;
}

void Endpoint::refuse(http::Exchange& exchange, Refusal refusal, std::string_view message) {
  registry_of(exchange).counters().refused[static_cast<std::size_t>(refusal)].add();
  answers().refusal(exchange, refusal, message);
}

Handshake Endpoint::handshake_of(http::Request& request) const {
  Handshake out;
  for (const auto& [name, value] : request.headers.all()) {
    if (is_kept(name, config().keep_headers)) out.headers.add(name, value);
  }
  out.url = std::move(request.target);  // nothing behind this reads it again
  out.address = request.client;
  out.issued = wall_now();
  out.secure = request.secure;
  out.cross_domain = request.headers.find("origin").has_value();
  return out;
}

}  // namespace parley::engineio
