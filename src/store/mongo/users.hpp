#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/account.hpp"
#include "store/mongo/bson.hpp"

/// What a user looks like as a document: the original's fields, and ours.
/// Source: docs/formats/mongo-store.md, "users".
namespace parley::store::mongo {

Document to_document(const chat::Account& account);

/// nullopt when it has no ObjectId. Whatever else is missing or of a wrong type is as if it had
/// never been said: the Node original's documents lack some, and anybody may have written others.
std::optional<chat::Account> account_from(View document);

/// Has it the keys by which we look for users? Those that a Node server made have not.
bool is_complete(View user);

}  // namespace parley::store::mongo
