#pragma once

#include <atomic>
#include <optional>

#include "base/time.hpp"
#include "net/tls.hpp"
#include "ops/metrics.hpp"
#include "settings/settings.hpp"

namespace parley::app {

/// What TLS_CERT and TLS_KEY name; nullopt when they are not set. Errors: bad_request, as a
/// sentence.
Result<std::optional<net::TlsIdentity>> load_identity(const Settings& settings);

/// The certificate of a running server, which can be renewed while it runs. Warns of one that has
/// ended or ends soon.
class Certificate {
 public:
  Certificate(net::Shards& shards, const Settings& settings, net::TlsIdentity identity);

  const net::Tls& tls() const { return tls_; }
  /// Reads the files again; logs what came of it. Any thread, one at a time.
  void renew();
  void export_counts(ops::Metrics& metrics) const;

 private:
  void take(const net::TlsIdentity& identity);

  Settings settings_;
  net::Tls tls_;
  std::atomic<Time> not_after_{Time{}};
};

}  // namespace parley::app
