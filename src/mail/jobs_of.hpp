#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "chat/message.hpp"
#include "jobs/queue.hpp"

/// The jobs of the mail queue: their names, data and options. Nothing secret is in a job: tokens
/// are made when it runs.
namespace parley::mail {

using namespace std::chrono_literals;

inline constexpr std::string_view queue_name = "email-queue";

enum class Kind {
  notice,        ///< `send-email` {receiverId, senderId, messageContent}
  letter,        ///< `send-letter` {email, content}
  reset,         ///< `password-reset` {email}
  verification,  ///< `verify-email` {userId}
};
inline constexpr std::array all_kinds{Kind::notice, Kind::letter, Kind::reset, Kind::verification};
/// The job's name.
std::string_view job_name(Kind kind);

struct Pace {
  /// One notice a conversation in it; 0: each message.
  std::chrono::milliseconds quiet_period = 10min;
  std::chrono::milliseconds retry_delay = 30s;  ///< Before the second try; doubles with each.
};

/// Id `<conversation>-<message>`: a second add makes no second mail. Of the content only what the
/// mail can show. Mails of the other kinds go first: `priority` 1.
jobs::NewJob job_of_message(const chat::Message& message, const Pace& pace);
jobs::NewJob job_of_letter(const std::string& email, const std::string& content, const Pace& pace);
/// Two for one address within a minute make one mail.
jobs::NewJob job_of_reset(const std::string& email, const Pace& pace);
/// Two for one user within a minute make one mail.
jobs::NewJob job_of_verification(const chat::UserId& user, const Pace& pace);

}  // namespace parley::mail
