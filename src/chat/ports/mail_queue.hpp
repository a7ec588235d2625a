#pragma once

#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "chat/ids.hpp"

namespace parley::chat {

/// Mails that wait to be sent. Durable when a call returns. Errors of all calls: overloaded,
/// unavailable, timeout.
class MailQueue {
 public:
  virtual ~MailQueue() = default;

  /// An administrator's.
  virtual Task<Result<Done>> letter(std::string email, std::string content, Time now) = 0;
  /// A link to a new password, to that address, if somebody has it: nobody looks before the mail is
  /// written.
  virtual Task<Result<Done>> password_reset(std::string email, Time now) = 0;
  virtual Task<Result<Done>> verification(UserId user, Time now) = 0;
};

}  // namespace parley::chat
