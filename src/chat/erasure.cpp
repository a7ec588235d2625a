#include "chat/ports/operator_store.hpp"

namespace parley::chat {

Account erased(const Account& account, Time now) {
  Account left;
  left.id = account.id;
  left.username = "Deleted user";
  left.email = account.id.hex() + std::string{nobodys_domain};  // unique, as addresses are
  left.email_notifications = false;
  left.disabled = left.deleted = true;
  left.created_at = account.created_at;
  left.updated_at = account.deleted ? account.updated_at : now;
  return left;
}

}  // namespace parley::chat
