#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "mail/address.hpp"
#include "mail/letter.hpp"

namespace parley::mail {

using namespace std::chrono_literals;

/// What all mails of an installation share.
struct MailSettings {
  Address from;  ///< Its name is the product's; `Parley` when it has none.
  /// Where people reach the server: `https://chat.example`, no `/` at the end.
  std::string public_url;
  /// Where people open the app, likewise; empty: where they reach the server.
  std::string app_url;
  std::chrono::seconds reset_ttl = 1h;          ///< What the mail says; RecoverySettings decides.
  std::chrono::seconds verification_ttl = 24h;  ///< As above.
};

/// Somebody has unread messages.
struct NoticeFacts {
  Address to;
  std::string sender;        ///< Their name.
  std::uint64_t unread = 1;  ///< Messages of the conversation that are not read.
  std::string snippet;       ///< Any text; cut and made one line.
  std::string unsubscribe_token;
};

/// Code points of a message that a mail shows.
inline constexpr std::size_t max_snippet = 200;

/// Has `List-Unsubscribe` and `List-Unsubscribe-Post` (RFC 8058). All that is inserted is escaped,
/// here and in the others.
Letter notice_letter(const MailSettings& settings, const NoticeFacts& facts);
Letter reset_letter(const MailSettings& settings, Address to, const std::string& token);
Letter verification_letter(const MailSettings& settings, Address to, const std::string& token);
/// What an administrator wrote; blank lines part paragraphs.
Letter administrators_letter(const MailSettings& settings, Address to, const std::string& content);

}  // namespace parley::mail
