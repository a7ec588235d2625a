#pragma once

#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/listener.hpp"

namespace parley::net {

/// Who a server is: a certificate chain and its private key, ready for connections. Cheap to copy.
class TlsIdentity {
 public:
  /// Reads PEM files; the certificate's file holds the chain behind it. Errors: bad_request with a
  /// sentence that names the file: it cannot be read, holds none, or the two do not belong
  /// together. An expired certificate is read: see not_after.
  static Result<TlsIdentity> load(const std::filesystem::path& certificate,
                                  const std::filesystem::path& key);

  /// When the certificate ends.
  Time not_after() const;
  const std::shared_ptr<SSL_CTX>& context() const { return context_; }

 private:
  explicit TlsIdentity(std::shared_ptr<SSL_CTX> context) : context_(std::move(context)) {}
  std::shared_ptr<SSL_CTX> context_;
};

struct TlsConfig {
  /// From the connection to the end of its handshake.
  std::chrono::milliseconds handshake_timeout{10'000};
  /// Handshakes under way (a ClientHello has come), in the whole process; the oldest makes way for
  /// one more, so that peers that stall shut nobody out. Each costs about 170 KiB.
  std::size_t max_handshakes = 1'000;
  /// What a peer is told that speaks plain HTTP; then it is closed.
  std::string answer_to_plain_http;
};

/// TLS 1.2 and 1.3 for the connections of a listener: a protocol on the TCP connection that hands
/// decrypted bytes to the real one, which sees it as its Connection. Plain listeners know nothing
/// of it. A shard does one step of a handshake a turn, so those that are connected get their turn
/// between any two.
class Tls {
 public:
  Tls(Shards& shards, TlsIdentity identity, TlsConfig config);

  /// A Listener's Accept: after the handshake `accept` makes the protocol.
  Listener::Accept over(Listener::Accept accept) const;
  /// New connections get the new identity, those that are open stay as they are. Any thread.
  void renew(TlsIdentity identity);

  /// Closes the connections whose handshake is not complete. Any thread.
  void end_handshakes() const;

  struct Counts {
    std::uint64_t handshaking = 0;  ///< Under way now.
    std::uint64_t established = 0;
    std::uint64_t resumed = 0;    ///< Of those, by a session ticket.
    std::uint64_t failed = 0;     ///< The peer's fault: no common version, garbage, gone.
    std::uint64_t late = 0;       ///< Not complete within handshake_timeout.
    std::uint64_t displaced = 0;  ///< Made way for others.
  };
  /// Any thread.
  Counts counts() const;

  struct State;

 private:
  Shards& shards_;
  std::shared_ptr<State> state_;
};

}  // namespace parley::net
