#include "mail/queued_mail.hpp"

#include <utility>

namespace parley::mail {

Task<Result<Done>> QueuedMail::letter(std::string email, std::string content, Time now) {
  jobs::NewJob job = job_of_letter(email, content, pace_);
  co_return co_await add(std::move(job), now);
}

Task<Result<Done>> QueuedMail::password_reset(std::string email, Time now) {
  jobs::NewJob job = job_of_reset(email, pace_);
  co_return co_await add(std::move(job), now);
}

Task<Result<Done>> QueuedMail::verification(chat::UserId user, Time now) {
  jobs::NewJob job = job_of_verification(user, pace_);
  co_return co_await add(std::move(job), now);
}

Task<Result<Done>> QueuedMail::add(jobs::NewJob job, Time now) {
  const auto added = co_await producer_.add(std::move(job), now);
  if (!added) co_return added.error();
  co_return Done{};
}

}  // namespace parley::mail
