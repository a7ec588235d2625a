#pragma once

#include <string>

#include "chat/ports/mail_queue.hpp"
#include "jobs/queue.hpp"
#include "mail/jobs_of.hpp"

namespace parley::mail {

/// Mails that wait as jobs of the mail queue. Any shard.
class QueuedMail final : public chat::MailQueue {
 public:
  /// `producer` is the queue `queue_name`; it outlives this.
  QueuedMail(jobs::Producer& producer, Pace pace) : producer_(producer), pace_(pace) {}

  Task<Result<Done>> letter(std::string email, std::string content, Time now) override;
  Task<Result<Done>> password_reset(std::string email, Time now) override;
  Task<Result<Done>> verification(chat::UserId user, Time now) override;

 private:
  Task<Result<Done>> add(jobs::NewJob job, Time now);

  jobs::Producer& producer_;
  const Pace pace_;
};

}  // namespace parley::mail
