#include "mail/jobs_of.hpp"

#include "base/json.hpp"
#include "chat/ports/account_store.hpp"
#include "mail/templates.hpp"
#include "mail/text.hpp"

namespace parley::mail {

namespace {

/// Of notices: what somebody waits for has none, and goes first.
constexpr std::uint32_t low_priority = 1;
/// How long a link's mail stands in the way of the next one.
constexpr auto link_interval = 60s;

jobs::NewJob job_of(Kind kind, const json::object& data, const Pace& pace) {
  jobs::NewJob job;
  job.name = job_name(kind);
  job.data = json::serialize(json::value(data));
  job.options.attempts = 5;
  job.options.backoff = jobs::Backoff{jobs::Backoff::Kind::exponential, pace.retry_delay, 0.2};
  job.options.remove_on_complete = jobs::Keep::none();
  job.options.remove_on_fail = jobs::Keep{10'000, std::chrono::hours{24 * 30}};
  return job;
}

void allow_once(jobs::NewJob& job, std::string id, std::chrono::milliseconds within) {
  if (within.count() <= 0) return;
  job.options.deduplication = jobs::Deduplication{std::move(id), within};
}

}  // namespace

std::string_view job_name(Kind kind) {
  switch (kind) {
    case Kind::notice:
      return "send-email";
    case Kind::letter:
      return "send-letter";
    case Kind::reset:
      return "password-reset";
    case Kind::verification:
      return "verify-email";
  }
  return {};
}

jobs::NewJob job_of_message(const chat::Message& message, const Pace& pace) {
  json::object data;
  data["receiverId"] = message.receiver.hex();
  data["senderId"] = message.sender.hex();
  data["messageContent"] = beginning(message.content, max_snippet);
  jobs::NewJob job = job_of(Kind::notice, data, pace);
  const std::string conversation = message.conversation_id.hex();
  job.options.id = conversation + "-" + message.id.hex();
  job.options.priority = low_priority;
  allow_once(job, conversation + "-" + message.receiver.hex(), pace.quiet_period);
  return job;
}

jobs::NewJob job_of_letter(const std::string& email, const std::string& content, const Pace& pace) {
  json::object data;
  data["email"] = email;
  data["content"] = content;
  return job_of(Kind::letter, data, pace);
}

jobs::NewJob job_of_reset(const std::string& email, const Pace& pace) {
  json::object data;
  data["email"] = email;
  jobs::NewJob job = job_of(Kind::reset, data, pace);
  allow_once(job, "reset-" + sha256_hex(chat::fold_email(email), 8), link_interval);
  return job;
}

jobs::NewJob job_of_verification(const chat::UserId& user, const Pace& pace) {
  json::object data;
  data["userId"] = user.hex();
  jobs::NewJob job = job_of(Kind::verification, data, pace);
  allow_once(job, "verify-" + user.hex(), link_interval);
  return job;
}

}  // namespace parley::mail
