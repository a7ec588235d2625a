#include "store/embedded/operator_store.hpp"

#include <algorithm>

#include "chat/ports/account_store.hpp"
#include "store/embedded/bytes.hpp"
#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/layout.hpp"
#include "store/embedded/walk.hpp"

namespace parley::store::embedded {

namespace {
/// Messages that one operation of the committer looks at.
constexpr chat::Seq seqs_at_a_time = 256;

Result<std::vector<chat::Account>> accounts_behind(Internals& internals, View& view,
                                                   const std::optional<chat::UserId>& after,
                                                   std::size_t limit) {
  std::vector<chat::Account> accounts;
  const std::string_view from = after ? after->view() : std::string_view{};
  Walk row(*internals.engine, view.snapshot(), Table::people, keys::account_tag, from);
  for (; row.valid() && accounts.size() < limit; row.next()) {
    auto account = view.account(row.key().id<chat::UserId>());
    if (account) accounts.push_back(std::move(*account));
  }
  if (!row.status().ok()) return to_error(row.status());
  return accounts;
}

Result<chat::Account> disable(Transaction& transaction, chat::UserId id, bool disabled, Time now) {
  auto account = transaction.account(id);
  if (!account || transaction.error())
    return refuse(transaction, Errc::not_found, "User not found");
  if (account->deleted) return fail(Errc::conflict, "the account is deleted");
  if (account->disabled == disabled) return std::move(*account);
  account->disabled = disabled;
  account->updated_at = now;
  transaction.require_sync();
  transaction.put(keys::account(id), encode(*account));
  put_bar(transaction, *account);
  return std::move(*account);
}

std::vector<FamilyRecord> families_of(Transaction& transaction, chat::UserId user) {
  const Key prefix = keys::user_families(user);
  std::vector<FamilyRecord> records;
  for (const std::string& key : transaction.keys_with(prefix)) {
    const auto id = Parser(std::string_view(key).substr(prefix.bytes.size())).id<chat::FamilyId>();
    if (auto known = transaction.family(id)) records.push_back(std::move(*known));
  }
  return records;
}

/// Other revoked logins have no row by their user: they are dropped when they expire.
Result<chat::Account> erase_account(Transaction& transaction, chat::UserId id, Time now) {
  const auto account = transaction.account(id);
  const auto families = families_of(transaction, id);
  const auto end_of_all = transaction.family(chat::originals_of(id));
  if (!account || transaction.error())
    return refuse(transaction, Errc::not_found, "User not found");
  const chat::Account left = chat::erased(*account, now);
  const auto squatter = transaction.account_by_email(left.email);
  if (transaction.error()) return *transaction.error();
  if (squatter && *squatter != id)
    return fail(Errc::conflict,
                "the account " + squatter->hex() + " has the address " + left.email);
  for (const FamilyRecord& record : families) {
    transaction.erase(keys::family(record.family.id));
    transaction.erase(keys::user_family(id, record.family.id));
  }
  note_end_of_all(transaction, id, end_of_all);
  transaction.erase(keys::email(chat::fold_email(account->email)));
  transaction.erase(keys::username(chat::fold_username(account->username), id));
  transaction.erase(keys::last_seen(id));
  transaction.erase(keys::online(id));
  put_account(transaction, left);
  return left;
}

/// Removes texts from `from` on; gives where to go on, 0 at the end.
Result<chat::Seq> remove_some(Transaction& transaction, chat::UserId user,
                              chat::ConversationId conversation, chat::Seq from) {
  Head* head = transaction.find_head(conversation);
  if (head == nullptr || transaction.error())
    return refuse(transaction, Errc::not_found, "Conversation not found");
  const auto member = head->member(user);
  const chat::Seq end = std::min(head->last_seq + 1, from + seqs_at_a_time);
  std::vector<std::pair<chat::Seq, MessageRecord>> changed;
  for (chat::Seq seq = from; seq < end; ++seq) {
    auto record = transaction.message(*head, seq);
    if (record && record->sender == member) changed.emplace_back(seq, std::move(*record));
  }
  if (transaction.error()) return *transaction.error();
  if (!changed.empty()) transaction.require_sync();
  for (auto& [seq, record] : changed) {
    if (record.client_id) transaction.erase(keys::client_id(user, *record.client_id));
    record.client_id.reset();
    record.content = chat::removed_text;
    transaction.put(keys::message(conversation, seq), encode(record));
  }
  return end > head->last_seq ? 0 : end;
}

Result<chat::MessagePlace> find_place(View& view, chat::MessageId id) {
  const auto location = view.location(id);
  const auto head = location ? view.head(location->conversation) : std::nullopt;
  auto record = head ? view.message(*head, location->seq) : std::nullopt;
  if (!record) return refuse(view, Errc::not_found, "Message not found");
  chat::MessagePlace place{head->message(location->seq, std::move(*record)), {}};
  view.fill_times(*head, std::span(&place.message, 1));
  for (Member member = 0; member < head->participants.size(); ++member)
    place.receipts.push_back(head->receipt(member));
  return place;
}
}  // namespace

Task<Result<std::vector<chat::Account>>> OperatorStore::accounts(std::optional<chat::UserId> after,
                                                                 std::size_t limit) {
  Internals& internals = database_.internals();
  return read(internals, [&internals, after, limit](View& view) {
    return accounts_behind(internals, view, after, limit);
  });
}

Task<Result<chat::Account>> OperatorStore::set_disabled(chat::UserId id, bool disabled, Time now) {
  return submit<chat::Account>(database_.internals().committer,
                               [id, disabled, now](Transaction& transaction) {
                                 return disable(transaction, id, disabled, now);
                               });
}

Task<Result<std::vector<chat::UserId>>> OperatorStore::disabled(Time deleted_since) {
  return read(database_.internals(), [=](View& view) -> Result<std::vector<chat::UserId>> {
    std::vector<chat::UserId> users;
    for (Scan row = view.scan(keys::all(Table::people, keys::bar_tag)); row.valid(); row.next()) {
      const auto deleted_at = decode_time(row.value());
      if (deleted_at && *deleted_at != Time{} && *deleted_at < deleted_since) continue;
      users.push_back(Parser(row.rest()).id<chat::UserId>());
    }
    return users;
  });
}

Task<Result<std::vector<chat::Ending>>> OperatorStore::ended(Time since, std::size_t limit) {
  return read(database_.internals(), [=](View& view) -> Result<std::vector<chat::Ending>> {
    std::vector<chat::Ending> endings;
    Scan row = view.scan(keys::all(Table::people, keys::ended_tag));
    for (; row.valid() && endings.size() < limit; row.next()) {
      Parser key(row.rest());
      const Time at = from_unix_ms(static_cast<std::int64_t>(~key.be64()));
      if (at < since) break;
      const auto family = key.id<chat::FamilyId>();
      if (const auto record = decode_ended(row.value()))
        endings.push_back({record->user, family, at});
    }
    std::reverse(endings.begin(), endings.end());
    return endings;
  });
}

Task<Result<chat::Account>> OperatorStore::erase(chat::UserId id, chat::SentTexts texts, Time now) {
  auto work = [id, now](Transaction& transaction) { return erase_account(transaction, id, now); };
  auto erased = co_await submit<chat::Account>(database_.internals().committer, work);
  if (!erased || texts == chat::SentTexts::kept) co_return erased;
  const auto removed = co_await remove_texts(id);
  if (!removed) co_return removed.error();
  co_return erased;
}

Task<Result<Done>> OperatorStore::remove_texts(chat::UserId user) {
  auto find = [user](View& view) -> Result<std::vector<Head>> { return view.heads_of(user); };
  const auto heads = co_await read(database_.internals(), find);
  if (!heads) co_return heads.error();
  for (const Head& head : *heads) {
    const auto removed = co_await remove_texts(user, head.id);
    if (!removed) co_return removed.error();
  }
  co_return Done{};
}

Task<Result<Done>> OperatorStore::remove_texts(chat::UserId user,
                                               chat::ConversationId conversation) {
  for (chat::Seq next = 1; next != 0;) {
    auto work = [user, conversation, next](Transaction& transaction) {
      return remove_some(transaction, user, conversation, next);
    };
    const auto behind = co_await submit<chat::Seq>(database_.internals().committer, work);
    if (!behind) co_return behind.error();
    next = *behind;
  }
  co_return Done{};
}

Task<Result<std::vector<chat::Login>>> OperatorStore::logins(chat::UserId user) {
  return read(database_.internals(), [user](View& view) -> Result<std::vector<chat::Login>> {
    std::vector<chat::FamilyId> ids;
    for (Scan row = view.scan(keys::user_families(user)); row.valid(); row.next())
      ids.push_back(Parser(row.rest()).id<chat::FamilyId>());
    std::vector<chat::Login> logins;
    for (const chat::FamilyId& id : ids) {
      if (auto known = view.family(id))
        logins.push_back({std::move(known->family), known->revoked});
    }
    return logins;
  });
}

Task<Result<chat::MessagePlace>> OperatorStore::place_of(chat::MessageId id) {
  return read(database_.internals(), [id](View& view) { return find_place(view, id); });
}

}  // namespace parley::store::embedded
