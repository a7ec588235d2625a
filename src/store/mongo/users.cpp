#include "store/mongo/users.hpp"

#include "base/object_id.hpp"
#include "chat/ports/account_store.hpp"

namespace parley::store::mongo {

namespace {
std::string text_or_empty(View document, std::string_view name) {
  return std::string(document.text(name).value_or(""));
}

std::optional<std::string> maybe_text(View document, std::string_view name) {
  const auto text = document.text(name);
  return text ? std::optional<std::string>(*text) : std::nullopt;
}
}  // namespace

Document to_document(const chat::Account& account) {
  Document user;
  user.set("_id", account.id).set("username", account.username).set("email", account.email);
  user.set("password", account.password_hash);
  if (account.last_seen) {
    user.set("lastSeen", *account.last_seen);
  } else {
    user.set("lastSeen", nullptr);  // as the original has it
  }
  user.set("createdAt", account.created_at).set("updatedAt", account.updated_at).set("__v", 0);
  user.set("emailKey", chat::fold_email(account.email));
  // Nothing begins with the empty key: who is deleted is not found.
  user.set("usernameKey", account.deleted ? std::string() : chat::fold_username(account.username));
  user.set("name", account.name).set("avatar", account.avatar);
  user.set("emailNotifications", account.email_notifications);
  user.set("administrator", account.administrator);
  user.set("emailVerified", account.email_verified);
  if (account.disabled) user.set("disabled", true);
  if (account.deleted) user.set("deleted", true);
  return user;
}

std::optional<chat::Account> account_from(View document) {
  const auto id = document.id<chat::UserId>("_id");
  if (!id) return std::nullopt;
  chat::Account account;
  account.id = *id;
  account.username = text_or_empty(document, "username");
  account.email = text_or_empty(document, "email");
  account.password_hash = text_or_empty(document, "password");
  account.name = maybe_text(document, "name");
  account.avatar = maybe_text(document, "avatar");
  account.email_notifications = document.boolean("emailNotifications").value_or(true);
  account.administrator = document.boolean("administrator").value_or(false);
  account.email_verified = document.boolean("emailVerified").value_or(false);
  account.disabled = document.boolean("disabled").value_or(false);
  account.deleted = document.boolean("deleted").value_or(false);
  account.last_seen = document.time("lastSeen");
  account.created_at = document.time("createdAt").value_or(made_at(id->bytes));
  account.updated_at = document.time("updatedAt").value_or(account.created_at);
  return account;
}

bool is_complete(View user) {
  return (user.has("emailKey") || !user.text("email")) &&
         (user.has("usernameKey") || !user.text("username"));
}

}  // namespace parley::store::mongo
