#pragma once

#include <functional>
#include <vector>

#include "api/device.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "chat/ports/account_store.hpp"
#include "chat/ports/operator_store.hpp"
#include "chat/ports/presence_store.hpp"
#include "jobs/queue.hpp"

namespace parley::app {

/// What a MessageDesk works with; all of it outlives the desk.
struct MessageServices {
  chat::AccountStore& accounts;
  chat::OperatorStore& operators;
  /// Who is connected; nullptr: nobody here knows.
  chat::PresenceStore* presence = nullptr;
  /// The mails; nullptr: nobody here knows.
  jobs::Queue* jobs = nullptr;
  /// Somebody's devices that are connected to this process; empty: no server is asked.
  std::function<Task<std::vector<api::DeviceReport>>(chat::UserId)> devices = {};
};

/// Answers `parley message trace`: `{id}` -> where the message is, for whom, and why. Never what it
/// says. Any shard.
class MessageDesk {
 public:
  explicit MessageDesk(const MessageServices& services) : services_(services) {}

  /// bad_request: no id; not_found; else the errors of the store.
  Task<Result<json::object>> answer(json::object question);

 private:
  Task<json::object> person(chat::UserId id);
  Task<json::array> devices_of(chat::UserId user);
  Task<json::object> mail(chat::Message message, bool wants_mails);

  const MessageServices& services_;
};

/// What is said of a trace to a person, line by line.
std::string story(const json::object& trace);

}  // namespace parley::app
