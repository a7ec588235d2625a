#include "chat/ports/operator_store.hpp"

namespace parley::chat {

Account erased(const Account& account, Time now) {
  Account left;
  left.id = account.id;
  left.username = "Deleted user";
  // Unique, as addresses are, and nobody's. Source: RFC 6761, section 6.4.
  left.email = account.id.hex() + "@deleted.invalid";
  left.email_notifications = false;
  left.disabled = left.deleted = true;
  left.created_at = account.created_at;
  left.updated_at = account.deleted ? account.updated_at : now;
  return left;
}

}  // namespace parley::chat
