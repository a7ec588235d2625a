#pragma once

#include "base/json.hpp"
#include "chat/ports/operator_store.hpp"

namespace parley::app {

// How users and what is theirs are shown to operators: the names of the REST interface, times in
// ISO 8601, what is not set left out. Never a password's hash, never a token.

json::object user_json(const chat::Account& account);
/// `{"_id":…,"createdAt":…,"expiresAt":…,"revoked":…}`
json::object login_json(const chat::Login& login);
json::object conversation_json(const chat::Conversation& conversation);
/// With its content: for its sender or receiver.
json::object message_json(const chat::Message& message);
json::object receipt_json(const chat::Receipt& receipt);

}  // namespace parley::app
