#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/exchange.hpp"
#include "net/shard.hpp"

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
  /// Requests and tunnels under way, in the process. Each holds a connection to the other server,
  /// which takes a place of the listener too (net::Connection::take_place).
  std::size_t max_under_way = 1'000'000;
};

/// Why another server did not answer.
enum class NotRelayed {
  unanswered,  ///< No connection, no answer in time, or none that can be read.
  no_room,     ///< Too many are under way, or there is no place for its connection; or we drain.
};

/// The product that the Via field of a relayed request names. Source: RFC 9110, section 7.6.3.
inline constexpr std::string_view relay_name = "parley";

/// True when one of us has relayed the request already: it is not relayed twice.
bool was_relayed(const Request& request);

/// Lets other servers answer requests, and counts those that are under way.
class Relays {
 public:
  using Refuse = std::function<void(Exchange&, NotRelayed)>;

  /// `shards` outlive it.
  explicit Relays(net::Shards& shards, RelayLimits limits = {});
  ~Relays();

  /// Lets `upstream` answer: its answer goes back as it is, but for what this server says of itself
  /// on every answer. A request that upgrades (WebSocket) becomes a tunnel until one side ends.
  /// `refuse` is called once, and the exchange is open then, when nothing came from there. On the
  /// exchange's shard, its body read.
  void relay(std::shared_ptr<Exchange> exchange, Upstream upstream, Refuse refuse);

  /// None begins from now on; those under way are ended, spread evenly over `jitter`, the oldest
  /// first: requests as unanswered ones, tunnels by the end of both connections. Any thread.
  void drain(std::chrono::milliseconds jitter);

  struct Core;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace parley::http
