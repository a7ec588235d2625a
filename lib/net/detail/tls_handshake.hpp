#pragma once

#include <string>

#include "net/detail/tls_shard.hpp"
#include "net/timer.hpp"

namespace parley::net::detail {

/// The first protocol of a TLS connection: until the handshake is done, then a TlsConnection takes
/// its place. A peer that has said nothing yet costs no more than this object.
class TlsHandshake final : public Protocol {
 public:
  TlsHandshake(TlsShard& shard, Connection& raw, const Listener::Accept& accept);
  ~TlsHandshake() override;

  void on_bytes(std::span<char> bytes) override;
  void on_closed(CloseCause cause) override;

  // For TlsShard:

  /// Goes on with what has come.
  void step();
  /// Closes, for others' sake.
  void give_way();
  Shard& shard() { return raw_.shard(); }
  TlsShard::Hook incomplete, under_way, waiting;

 private:
  bool begin();
  void go_on(int result);
  void complete();
  void fail();
  void on_deadline();

  TlsShard& tls_;
  Connection& raw_;
  const Listener::Accept& accept_;
  SslPtr ssl_;
  Timer deadline_;
  std::string early_;  ///< Came before its turn.
};

}  // namespace parley::net::detail
