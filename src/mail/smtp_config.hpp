#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace parley::mail {

using namespace std::chrono_literals;

/// How to reach an SMTP server.
struct SmtpConfig {
  enum class Tls {
    off,       ///< Never.
    offered,   ///< STARTTLS when the server offers it.
    required,  ///< STARTTLS, or no mail.
    implicit,  ///< From the first byte: `smtps://`.
  };

  std::string host;
  std::uint16_t port = 25;
  std::string user{}, password{};  ///< Empty user: no login.
  Tls tls = Tls::offered;
  std::string ca_file{};  ///< PEM of who may sign the server's certificate; empty: the system's.
  std::string client_name{};  ///< Said in EHLO; empty: this machine's name.
  std::chrono::milliseconds connect_timeout = 10s;
  std::chrono::milliseconds timeout = 60s;  ///< Of one mail, connecting included.
  /// An idle connection is used again for so long.
  std::chrono::milliseconds keep_connection = 30s;
  std::size_t max_idle = 8;  ///< Connections kept between mails.

  /// `smtp://host:587`: for people and logs, without user and password.
  std::string describe() const;
};

/// Reads
/// `smtp[s]://[user[:password]@]host[:port][/client-name][?tls=off|offered|required][&ca=FILE]`,
/// user and password percent-encoded. Ports: 465 with smtps, else 587 with a user and 25 without.
/// Without `tls`: a user's password leaves only over TLS (`required`) except to this machine
/// (localhost, 127.0.0.0/8, ::1); without a user STARTTLS is used when `offered`. A certificate is
/// always checked, its name too. bad_request: a sentence that says what is wrong, without the
/// password.
Result<SmtpConfig> smtp_config_from(std::string_view url);

}  // namespace parley::mail
