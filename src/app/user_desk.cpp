#include "app/user_desk.hpp"

#include <algorithm>

#include "app/question.hpp"
#include "app/user_json.hpp"
#include "chat/rules.hpp"

namespace parley::app {

namespace {

constexpr std::size_t accounts_a_page = 500;
constexpr std::size_t conversations_a_page = 100;
constexpr std::size_t messages_a_page = 500;

std::optional<std::string> maybe_text(const json::object& question, std::string_view key) {
  const auto text = json::string_member(question, key);
  return text ? std::optional<std::string>{*text} : std::nullopt;
}

std::string in_one_sentence(const Error& error) {
  std::string all;
  for (const auto& field : error.fields)
    all += (all.empty() ? "" : "; ") + field.field + " " + field.message;
  return all.empty() ? error.detail : all;
}

/// What a person is told, where the API would list fields.
Error told(Error error) {
  error.detail = in_one_sentence(error);
  return error;
}

}  // namespace

Task<Result<json::object>> UserDesk::answer(json::object question, Time now) {
  const std::string verb = asked_text(question, "verb");
  if (verb == "list") co_return co_await list(std::move(question));
  if (verb == "create") co_return co_await create(std::move(question), now);
  std::string user = asked_text(question, "user");
  auto account = co_await find(std::move(user));
  if (!account) co_return account.error();
  chat::Account found = std::move(*account);
  co_return co_await answer_of(std::move(found), std::move(question), now);
}

Task<Result<json::object>> UserDesk::answer_of(chat::Account account, json::object question,
                                               Time now) {
  const std::string verb = asked_text(question, "verb");
  const chat::UserId id = account.id;
  if (verb == "show") co_return co_await show(std::move(account));
  if (verb == "sessions") co_return co_await sessions(id);
  if (verb == "export") co_return co_await export_part(id, std::move(question));
  if (account.deleted && verb != "delete")
    co_return fail(Errc::conflict, "the account " + id.hex() + " is deleted");
  if (verb == "promote") co_return co_await promote(id, !is_set(question, "revoke"), now);
  if (verb == "verify") co_return co_await verify(std::move(account), now);
  if (verb == "disable") co_return co_await disable(id, true, now);
  if (verb == "enable") co_return co_await disable(id, false, now);
  if (verb == "delete") {
    const auto texts = is_set(question, "texts") ? chat::SentTexts::removed : chat::SentTexts::kept;
    co_return co_await erase(std::move(account), texts, now);
  }
  if (verb == "reset-password") {
    std::string password = asked_text(question, "password");
    co_return co_await reset_password(std::move(account), std::move(password), now);
  }
  if (verb == "revoke") {
    const std::string session = asked_text(question, "session");
    const auto family = chat::FamilyId::parse(session);
    if (!session.empty() && !family)
      co_return fail(Errc::bad_request, session + " is no id of a session");
    co_return co_await revoke(id, family, now);
  }
  co_return fail(Errc::bad_request, "user does not know the verb " + verb);
}

Task<Result<chat::Account>> UserDesk::find(std::string user) {
  const auto id = chat::UserId::parse(user);
  Result<chat::Account> account = fail(Errc::not_found);
  if (id) {
    account = co_await services_.accounts.find(*id);
  } else {
    const std::string email = chat::fold_email(user);
    account = co_await services_.accounts.find_by_email(email);
  }
  if (!account && account.error().code == Errc::not_found)
    co_return fail(Errc::not_found, (id ? "nobody has the id " : "nobody has the address ") + user);
  co_return account;
}

Task<Result<json::object>> UserDesk::list(json::object question) {
  const std::string prefix = asked_text(question, "search");
  Result<std::vector<chat::Account>> found = std::vector<chat::Account>{};
  if (!prefix.empty()) {
    found = co_await services_.accounts.search(prefix, accounts_a_page);
  } else {
    const auto after = chat::UserId::parse(asked_text(question, "after"));
    found = co_await services_.operators.accounts(after, accounts_a_page);
  }
  if (!found) co_return found.error();
  json::array users;
  for (const chat::Account& account : *found) users.push_back(user_json(account));
  json::object answer{{"users", std::move(users)}};
  if (prefix.empty() && found->size() == accounts_a_page) answer["next"] = found->back().id.hex();
  co_return answer;
}

Task<Result<json::object>> UserDesk::create(json::object question, Time now) {
  chat::Registration wish;
  wish.username = asked_text(question, "username");
  wish.email = asked_text(question, "email");
  wish.password = asked_text(question, "password");
  const auto made = co_await services_.registration.register_account(std::move(wish), now);
  if (!made) co_return told(made.error());
  const chat::UserId id = made->id;
  const std::string email = made->email;
  if (is_set(question, "verified")) {
    const auto verified = co_await services_.accounts.set_email_verified(id, email, now);
    if (!verified) co_return verified.error();
  }
  if (is_set(question, "administrator")) {
    const auto promoted = co_await services_.accounts.set_administrator(id, true, now);
    if (!promoted) co_return promoted.error();
  }
  const auto account = co_await services_.accounts.find(id);
  if (!account) co_return account.error();
  co_return user_json(*account);
}

Task<Result<json::object>> UserDesk::show(chat::Account account) {
  const chat::UserId id = account.id;
  const auto logins = co_await services_.operators.logins(id);
  if (!logins) co_return logins.error();
  const auto peers = co_await services_.conversations.peers(id);
  if (!peers) co_return peers.error();
  json::object shown = user_json(account);
  shown["sessions"] = std::count_if(logins->begin(), logins->end(),
                                    [](const chat::Login& login) { return !login.revoked; });
  shown["conversations"] = peers->size();
  co_return shown;
}

Task<Result<json::object>> UserDesk::promote(chat::UserId id, bool administrator, Time now) {
  const auto account = co_await services_.accounts.set_administrator(id, administrator, now);
  if (!account) co_return account.error();
  co_return user_json(*account);
}

Task<Result<json::object>> UserDesk::verify(chat::Account account, Time now) {
  const chat::UserId id = account.id;
  const std::string email = account.email;
  const auto verified = co_await services_.accounts.set_email_verified(id, email, now);
  if (!verified) co_return verified.error();
  account.email_verified = true;
  co_return user_json(account);
}

Task<Result<json::object>> UserDesk::disable(chat::UserId id, bool disabled, Time now) {
  const auto account = co_await services_.operators.set_disabled(id, disabled, now);
  if (!account) co_return account.error();
  if (disabled) {
    const auto ended = co_await end_logins(id);
    if (!ended) co_return ended.error();
  } else if (services_.bars_changed) {
    co_await services_.bars_changed();
  }
  co_return user_json(*account);
}

/// Nobody who uses the account meanwhile leaves anything behind: first it is barred, then erased.
Task<Result<json::object>> UserDesk::erase(chat::Account account, chat::SentTexts texts, Time now) {
  const chat::UserId id = account.id;
  if (!account.deleted) {
    const auto barred = co_await disable(id, true, now);
    if (!barred) co_return barred.error();
  }
  const auto left = co_await services_.operators.erase(id, texts, now);
  if (!left) co_return left.error();
  if (services_.bars_changed) co_await services_.bars_changed();
  json::object answer = user_json(*left);
  answer["texts"] = texts == chat::SentTexts::removed ? "removed" : "kept";
  if (services_.forget) {
    const auto mails = co_await services_.forget(std::move(account));
    if (!mails)
      co_return fail(mails.error().code,
                     "the account is deleted, but not what is beside the store: " +
                         mails.error().detail + " (do it again)");
    answer["mails"] = *mails;
  }
  co_return answer;
}

Task<Result<json::object>> UserDesk::reset_password(chat::Account account, std::string password,
                                                    Time now) {
  const auto checked = chat::check_password(password, services_.limits);
  if (!checked) co_return told(checked.error());
  const auto hash = co_await services_.hasher.hash(std::move(password));
  if (!hash) co_return hash.error();
  const chat::UserId id = account.id;
  const std::string before = account.password_hash, after = *hash;
  const auto set = co_await services_.accounts.set_password(id, before, after, now);
  if (!set) co_return set.error();
  const auto ended = co_await end_logins(id);
  if (!ended) co_return ended.error();
  json::object answer = user_json(account);
  answer["sessionsEnded"] = *ended;
  co_return answer;
}

Task<Result<json::object>> UserDesk::sessions(chat::UserId id) {
  const auto logins = co_await services_.operators.logins(id);
  if (!logins) co_return logins.error();
  json::array shown;
  for (const chat::Login& login : *logins) shown.push_back(login_json(login));
  co_return json::object{{"sessions", std::move(shown)}};
}

Task<Result<std::size_t>> UserDesk::end_logins(chat::UserId id) {
  const auto ended = co_await services_.sessions.revoke_all(id, std::nullopt);
  if (!ended) co_return ended.error();
  if (services_.close) services_.close(id, std::nullopt);
  if (services_.bars_changed) co_await services_.bars_changed();
  co_return ended->size();
}

Task<Result<json::object>> UserDesk::revoke(chat::UserId id, std::optional<chat::FamilyId> family,
                                            Time now) {
  if (!family) {
    const auto ended = co_await end_logins(id);
    if (!ended) co_return ended.error();
    co_return json::object{{"sessionsEnded", *ended}};
  }
  const auto ended = co_await services_.logins.end(id, *family, now);
  if (!ended && ended.error().code == Errc::not_found)
    co_return fail(Errc::not_found, "they have no session " + family->hex());
  if (!ended) co_return ended.error();
  if (services_.close) services_.close(id, family);
  co_return json::object{{"sessionsEnded", 1}};
}

Task<Result<json::object>> UserDesk::export_part(chat::UserId id, json::object question) {
  const std::string part = asked_text(question, "part");
  if (part == "conversations") {
    auto cursor = maybe_text(question, "cursor");
    co_return co_await export_conversations(id, std::move(cursor));
  }
  const auto conversation = chat::ConversationId::parse(asked_text(question, "conversation"));
  if (part != "messages" || !conversation)
    co_return fail(Errc::bad_request, "export wants a part of what there is");
  const auto before = chat::MessageId::parse(asked_text(question, "cursor"));
  co_return co_await export_messages(id, *conversation, before);
}

Task<Result<json::object>> UserDesk::export_conversations(chat::UserId id,
                                                          std::optional<std::string> cursor) {
  const auto page =
      co_await services_.conversations.list(id, std::move(cursor), conversations_a_page);
  if (!page) co_return page.error();
  json::array records;
  for (const chat::Summary& summary : page->summaries)
    records.push_back(conversation_json(summary.conversation));
  json::object answer{{"records", std::move(records)}};
  if (page->next_cursor) answer["next"] = *page->next_cursor;
  co_return answer;
}

Task<Result<json::object>> UserDesk::export_messages(chat::UserId id,
                                                     chat::ConversationId conversation,
                                                     std::optional<chat::MessageId> before) {
  chat::HistoryQuery query;
  query.conversation_id = conversation;
  query.viewer = id;
  query.limit = messages_a_page;
  query.before = before;
  const auto page = co_await services_.messages.history(std::move(query));
  if (!page) co_return page.error();
  json::array records;
  // Newest first: so the pages go, too.
  for (auto message = page->messages.rbegin(); message != page->messages.rend(); ++message)
    records.push_back(message_json(*message));
  json::object answer{{"records", std::move(records)}};
  if (page->has_more && !page->messages.empty()) answer["next"] = page->messages.front().id.hex();
  co_return answer;
}

}  // namespace parley::app
