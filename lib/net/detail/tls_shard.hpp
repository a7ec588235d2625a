#pragma once

#include <openssl/types.h>

#include <boost/intrusive/list.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/single_writer.hpp"
#include "net/connection.hpp"
#include "net/tls.hpp"

namespace parley::net::detail {

class TlsHandshake;

struct FreeSsl {
  void operator()(SSL* ssl) const;
  void operator()(BIO* bio) const;
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

/// What all TLS connections of a shard share, so that an idle one holds no buffer: OpenSSL reads
/// from `input` and writes to `sealed_`, through one BIO that is every connection's in turn.
class TlsShard {
 public:
  using Hook = boost::intrusive::list_member_hook<>;

  /// `all`: every shard's, which outlives this.
  TlsShard(Tls::State& all, TlsIdentity identity, std::size_t max_handshakes);
  ~TlsShard();
  TlsShard(const TlsShard&) = delete;
  TlsShard& operator=(const TlsShard&) = delete;

  /// nullptr when there is no memory.
  SslPtr new_ssl();
  /// `ssl`, which came from another shard, reads and writes here from now on.
  void take_in(SSL& ssl);
  bool has_too_many_key_updates() const { return key_updates > most_key_updates; }

  /// Sends what OpenSSL has written.
  void flush(Connection& connection);
  /// Forgets it, and its errors: before each call of OpenSSL.
  void begin();
  std::span<char> plain() { return plain_; }

  /// Knows of it until leave().
  void meet(TlsHandshake& handshake);
  /// Closes all that are not complete, also those that have said nothing yet.
  void end_handshakes();
  /// A handshake has begun: the oldest makes way when there are too many.
  void enter(TlsHandshake& handshake);
  void leave(TlsHandshake& handshake);
  /// Its next step is done when its turn comes.
  void queue(TlsHandshake& handshake);

  Tls::State& all;
  TlsIdentity identity;
  std::span<const char> input;  ///< What OpenSSL has not read yet.
  /// New keys that the peer has asked for since begin(). Beyond most_key_updates OpenSSL reads
  /// nothing more: 27 bytes of input cost two derivations each.
  unsigned key_updates = 0;
  static constexpr unsigned most_key_updates = 16;
  SingleWriter<std::uint64_t> entered, left, established, resumed, failed, late, displaced;

 private:
  friend struct TlsBio;  // OpenSSL's calls
  struct Lists;

  void post_step(Shard& shard);
  void step(Shard& shard);

  std::size_t max_handshakes_;
  std::unique_ptr<BIO, FreeSsl> bio_;
  std::string sealed_;
  std::vector<char> plain_;
  std::unique_ptr<Lists> lists_;
};

}  // namespace parley::net::detail
