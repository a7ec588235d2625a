#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "base/task.hpp"

namespace parley::mail {

/// Between whom SMTP carries a mail; both pass is_email().
struct Envelope {
  std::string from, to;
};

/// Whether a mail may leave still; empty: it may. Asked on the shard that called send().
using Permit = std::function<Task<Result<Done>>()>;

/// Brings mails on their way. Adapters: SmtpTransport, FolderTransport. Any shard.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Done once somebody else is responsible for the mail. unavailable, timeout, overloaded: it may
  /// work later; after unavailable and timeout the mail may have left all the same. bad_request:
  /// never, and the detail says why. `permit` is asked as late as can be; what it refuses with is
  /// given, and then the mail has not left.
  virtual Task<Result<Done>> send(Envelope envelope, std::string bytes, Permit permit) = 0;
  /// Where mails go, for the log: `smtp://host:587`, a folder. No secrets.
  virtual std::string describe() const = 0;
};

}  // namespace parley::mail
