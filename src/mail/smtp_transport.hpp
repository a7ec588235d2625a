#pragma once

#include <memory>
#include <string>

#include "mail/smtp_config.hpp"
#include "mail/transport.hpp"
#include "net/workers.hpp"

namespace parley::mail {

/// Sends by SMTP, with libcurl. A mail holds a thread of `workers` for as long as the server takes,
/// up to SmtpConfig::timeout: give it a pool of its own, a thread for each job that runs at once.
///
/// unavailable: no connection, TLS or login refused (an operator mends that), 4xx, 530, 534, 535,
/// 538. bad_request: any other 5xx to a mail. The detail holds the server's reply.
class SmtpTransport final : public Transport {
 public:
  /// `workers` outlives it.
  SmtpTransport(net::Workers& workers, SmtpConfig config);
  /// stop(), and says QUIT on the connections that it kept.
  ~SmtpTransport() override;
  /// Gives up what is being sent, within about a second, and refuses what follows: `closed`. Any
  /// thread.
  void stop();

  /// `permit` is asked when the server waits for the last of the mail: refused, the mail is left
  /// without its end, and the server throws it away.
  Task<Result<Done>> send(Envelope envelope, std::string bytes, Permit permit) override;
  std::string describe() const override;

 private:
  class Client;
  net::Workers& workers_;
  std::shared_ptr<Client> client_;
};

/// Connects, logs in and sends nothing: what an operator asks. Errors as of SmtpTransport. Blocks,
/// up to config.timeout.
Result<Done> check_smtp(const SmtpConfig& config);

}  // namespace parley::mail
