#pragma once

#include <functional>
#include <optional>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "chat/accounts.hpp"
#include "chat/logins.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/conversation_store.hpp"
#include "chat/ports/credentials.hpp"
#include "chat/ports/message_store.hpp"
#include "chat/ports/operator_store.hpp"
#include "chat/ports/session_store.hpp"

namespace parley::app {

/// What a UserDesk works with; all of it outlives the desk.
struct UserServices {
  chat::AccountStore& accounts;
  chat::OperatorStore& operators;
  chat::SessionStore& sessions;
  chat::ConversationStore& conversations;
  chat::MessageStore& messages;
  chat::Accounts& registration;
  chat::Logins& logins;
  chat::PasswordHasher& hasher;
  const chat::Limits& limits;
  /// Ends the connections of a login, or of all of a user's. Absent: no server is here.
  std::function<void(chat::UserId, std::optional<chat::FamilyId>)> close;
  /// Who is disabled has changed, or logins have ended. Absent: as above.
  std::function<Task<void>()> bars_changed;
  /// Removes what is kept of a user beside the store: presence, mails that wait. Gives how many
  /// mails. Absent: nothing is.
  std::function<Task<Result<std::size_t>>(chat::Account)> forget;
};

/// Answers what `parley user` asks, a JSON object with `verb` and mostly `user` (an e-mail address
/// or an id): docs/operations.md, "Users". Gives what is asked for, and never a secret. Any shard.
class UserDesk {
 public:
  explicit UserDesk(const UserServices& services) : services_(services) {}

  /// bad_request: not such a question; not_found: nobody has that address or id; else the errors of
  /// the store.
  Task<Result<json::object>> answer(json::object question, Time now);

 private:
  using Answer = Result<json::object>;
  Task<Answer> answer_of(chat::Account account, json::object question, Time now);
  Task<Answer> list(json::object question);
  Task<Answer> create(json::object question, Time now);
  Task<Result<chat::Account>> find(std::string user);
  Task<Answer> show(chat::Account account);
  Task<Answer> promote(chat::UserId id, bool administrator, Time now);
  Task<Answer> verify(chat::Account account, Time now);
  Task<Answer> disable(chat::UserId id, bool disabled, Time now);
  Task<Answer> erase(chat::Account account, chat::SentTexts texts, Time now);
  Task<Answer> reset_password(chat::Account account, std::string password, Time now);
  Task<Answer> sessions(chat::UserId id);
  Task<Answer> revoke(chat::UserId id, std::optional<chat::FamilyId> family, Time now);
  Task<Result<std::size_t>> end_logins(chat::UserId id);
  Task<Answer> export_part(chat::UserId id, json::object question);
  Task<Answer> export_conversations(chat::UserId id, std::optional<std::string> cursor);
  Task<Answer> export_messages(chat::UserId id, chat::ConversationId conversation,
                               std::optional<chat::MessageId> before);

  const UserServices& services_;
};

}  // namespace parley::app
