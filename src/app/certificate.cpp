#include "app/certificate.hpp"

#include "http/server.hpp"
#include "ops/log.hpp"

namespace parley::app {

using namespace std::chrono_literals;

namespace {

/// Those that renew a certificate by themselves do it a month before its end.
constexpr auto soon = 14 * 24h;

net::TlsConfig tls_config(const Settings& settings) {
  return {settings.tls.handshake_timeout, settings.tls.max_handshakes,
          http::answer_to_plain_http()};
}

}  // namespace

Result<std::optional<net::TlsIdentity>> load_identity(const Settings& settings) {
  if (!settings.has_tls()) return std::optional<net::TlsIdentity>{};
  auto identity = net::TlsIdentity::load(settings.tls.certificate, settings.tls.key);
  if (!identity) return identity.error();
  return std::optional{std::move(*identity)};
}

Certificate::Certificate(net::Shards& shards, const Settings& settings, net::TlsIdentity identity)
    : settings_(settings), tls_(shards, identity, tls_config(settings)) {
  take(identity);
}

void Certificate::take(const net::TlsIdentity& identity) {
  const Time end = identity.not_after();
  not_after_ = end;
  const std::string shown = to_iso8601(end);
  ops::log().info("certificate loaded", {{"end", shown}});
  if (end < wall_now()) {
    ops::log().error("the certificate has ended: no client will accept it", {{"end", shown}});
  } else if (end < wall_now() + soon) {
    ops::log().warn("the certificate ends soon", {{"end", shown}});
  }
}

void Certificate::renew() {
  const auto identity = net::TlsIdentity::load(settings_.tls.certificate, settings_.tls.key);
  if (!identity) {
    ops::log().error("the new certificate cannot be used; the old one stays",
                     {{"reason", identity.error().detail}});
    return;
  }
  tls_.renew(*identity);
  take(*identity);
}

void Certificate::export_counts(ops::Metrics& metrics) const {
  const auto counter = [&](std::string_view name, std::string_view help, auto member) {
    metrics.counter_from(name, help,
                         [this, member] { return static_cast<double>(tls_.counts().*member); });
  };
  using Counts = net::Tls::Counts;
  metrics.gauge_from("parley_tls_handshakes", "TLS handshakes under way.",
                     [this] { return static_cast<double>(tls_.counts().handshaking); });
  counter("parley_tls_established_total", "TLS handshakes completed.", &Counts::established);
  counter("parley_tls_resumed_total", "Of those, by a session ticket.", &Counts::resumed);
  counter("parley_tls_failed_total", "TLS handshakes that failed.", &Counts::failed);
  counter("parley_tls_late_total", "TLS handshakes that took too long.", &Counts::late);
  counter("parley_tls_displaced_total", "TLS handshakes closed because there were too many.",
          &Counts::displaced);
  metrics.gauge_from(
      "parley_tls_certificate_end_seconds", "When the certificate ends, in Unix time.", [this] {
        return std::chrono::duration<double>(not_after_.load().time_since_epoch()).count();
      });
}

}  // namespace parley::app
