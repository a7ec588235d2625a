#pragma once

#include <memory>
#include <optional>

#include "app/errand.hpp"
#include "app/job_store.hpp"
#include "app/jobs_report.hpp"
#include "app/message_desk.hpp"
#include "app/stores.hpp"
#include "app/user_desk.hpp"
#include "base/object_id.hpp"
#include "crypto/bcrypt_hasher.hpp"
#include "net/workers.hpp"
#include "redis/client.hpp"
#include "settings/settings.hpp"

namespace parley::app {

/// The desks of a command, in stores that this process has opened: where no server runs, or where
/// any number of them do (MongoDB).
class OperatorRoom {
 public:
  OperatorRoom(const Settings& settings, const std::optional<redis::Config>& redis);
  ~OperatorRoom();

  /// Answers the questions `user` and `message`. Once.
  Ask open(std::unique_ptr<Stores> stores);

 private:
  Task<Result<json::object>> answer(json::object question);
  Task<Result<std::size_t>> forget(chat::Account account);

  const Settings settings_;
  const std::optional<redis::Config> redis_config_;
  Errand errand_;
  net::Workers hashing_;
  crypto::BcryptHasher hasher_;
  ObjectIdSource ids_;
  chat::Limits limits_;
  std::unique_ptr<Stores> stores_;
  std::string no_jobs_;  ///< Why there are none.
  std::unique_ptr<JobStore> jobs_;
  std::unique_ptr<redis::Client> redis_;
  std::optional<chat::Accounts> registration_;
  std::optional<chat::Logins> logins_;
  std::optional<UserServices> users_;
  std::optional<MessageServices> messages_;
};

}  // namespace parley::app
