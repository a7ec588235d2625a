#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/exchange.hpp"

namespace parley::http {

using namespace std::chrono_literals;

/// Another server of ours, as it is reached from here.
struct Upstream {
  std::string host;  ///< A name or an address.
  std::uint16_t port = 0;

  friend bool operator==(const Upstream&, const Upstream&) = default;
};

struct RelayLimits {
  std::chrono::milliseconds connect_timeout = 2s;
  std::chrono::milliseconds answer_timeout = 90s;  ///< Must be longer than a request is parked.
  std::size_t max_answer = 16 << 20;               ///< Bytes of a body.
  std::size_t max_waiting = 256 << 10;  ///< Of a tunnel, each way: beyond it the sender waits.
};

/// The product that the Via field of a relayed request names. Source: RFC 9110, section 7.6.3.
inline constexpr std::string_view relay_name = "parley";

/// True when one of us has relayed the request already: it is not relayed twice.
bool was_relayed(const Request& request);

/// Lets another server answer: its answer goes back as it is, but for what this server says of
/// itself on every answer. A request that upgrades (WebSocket) becomes a tunnel until one side
/// ends. `refuse` is called once, and the exchange is open then, when nothing came from there: no
/// connection, no answer in time, or none that can be read. On the exchange's shard, its body read.
void relay(std::shared_ptr<Exchange> exchange, Upstream upstream,
           std::function<void(Exchange&)> refuse, RelayLimits limits = {});

}  // namespace parley::http
