#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chat/accounts.hpp"
#include "chat/logins.hpp"
#include "chat/messaging.hpp"
#include "chat/ports/mail_queue.hpp"
#include "chat/presences.hpp"
#include "chat/recovery.hpp"
#include "chat/sessions.hpp"

namespace parley::api {

/// What the routes and events call. Everything in it outlives the server.
struct Services {
  chat::Accounts& accounts;
  chat::Sessions& sessions;
  chat::Logins& logins;
  chat::Messaging& messaging;
  chat::Presences& presences;
  chat::Recovery& recovery;
  chat::MailQueue& mail;
  std::size_t max_body = 100 * 1024;  ///< Bytes of a REST body.
  /// Ends the sockets and access tokens of a login that was revoked; nullopt: of all logins of the
  /// user.
  std::function<void(chat::UserId, std::optional<chat::FamilyId>)> close_sockets;
  /// All logins of a user have ended, `open` among them: these are refused one by one, so that a
  /// new one of the same second is let in.
  void end_all(chat::UserId user, const std::vector<chat::FamilyId>& open, Time now) const {
    sessions.end(user, open, now);
    close_sockets(user, std::nullopt);
  }
  /// Deletes a user for ever, as `parley user delete` does.
  std::function<Task<Result<Done>>(chat::UserId)> erase = nullptr;
  /// Messages a minute, user and shard, by sockets; 0: no limit.
  std::uint32_t rate_limit_send = 0;
  bool require_verified_email = false;  ///< Who registers is sent a link that verifies the address.
  /// Where people open the app, no `/` at the end; empty: no page leads there.
  std::string app_url = {};
};

}  // namespace parley::api
