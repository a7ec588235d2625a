#pragma once

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "chat/ports/account_store.hpp"

namespace parley::app {

/// Answers what `parley user` asks: `{verb: "promote", email, revoke}` or `{verb: "verify", email}`
/// -> `{_id, username, email, administrator, emailVerified}`, the account as it is then. `accounts`
/// outlives it; any shard.
class UserDesk {
 public:
  explicit UserDesk(chat::AccountStore& accounts) : accounts_(accounts) {}

  /// bad_request: not such a question; not_found: nobody has that address; else the store's errors.
  Task<Result<json::object>> answer(json::object question, Time now);

 private:
  chat::AccountStore& accounts_;
};

}  // namespace parley::app
