#include "app/user_desk.hpp"

namespace parley::app {

namespace {

bool is_set(const json::object& question, std::string_view key) {
  const json::value* value = question.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::object shown(const chat::Account& account) {
  return {{"_id", account.id.hex()},
          {"username", account.username},
          {"email", account.email},
          {"administrator", account.administrator},
          {"emailVerified", account.email_verified}};
}

}  // namespace

Task<Result<json::object>> UserDesk::answer(json::object question, Time now) {
  const std::string verb{json::string_member(question, "verb").value_or("")};
  if (verb != "promote" && verb != "verify")
    co_return fail(Errc::bad_request, "user does not know the verb " + verb);
  const std::string email = chat::fold_email(json::string_member(question, "email").value_or(""));
  auto account = co_await accounts_.find_by_email(email);
  if (!account && account.error().code == Errc::not_found)
    co_return fail(Errc::not_found, "nobody has the address " + email);
  if (!account) co_return account.error();

  if (verb == "promote") {
    const bool administrator = !is_set(question, "revoke");
    account = co_await accounts_.set_administrator(account->id, administrator, now);
    if (!account) co_return account.error();
    co_return shown(*account);
  }
  const auto verified = co_await accounts_.set_email_verified(account->id, email, now);
  if (!verified) co_return verified.error();
  account->email_verified = true;
  co_return shown(*account);
}

}  // namespace parley::app
