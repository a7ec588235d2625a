#include "store/embedded/layout.hpp"

#include "chat/ports/account_store.hpp"

namespace parley::store::embedded {

namespace {
void put_ended(Transaction& transaction, const chat::Family& family, Time now) {
  transaction.put(keys::ended(now, family.id), encode(EndedRecord{family.expires_at, family.user}));
}

void forget_end_of_all(Transaction& transaction, const FamilyRecord& known) {
  transaction.erase(keys::family(known.family.id));
  transaction.erase(keys::ended(chat::time_of_end(known.family.expires_at), known.family.id));
}
}  // namespace

void put_account(Transaction& transaction, const chat::Account& account) {
  transaction.require_sync();
  transaction.put(keys::account(account.id), encode(account));
  transaction.put(keys::email(chat::fold_email(account.email)), std::string(account.id.view()));
  if (!account.deleted)
    transaction.put(keys::username(chat::fold_username(account.username), account.id), {});
  if (account.disabled) put_bar(transaction, account);
  if (account.last_seen)
    transaction.put(keys::last_seen(account.id), encode_time(*account.last_seen));
  transaction.know_user(account.id);
}

void put_bar(Transaction& transaction, const chat::Account& account) {
  if (!account.disabled) return transaction.erase(keys::bar(account.id));
  const Time deleted_at = account.deleted ? account.updated_at : Time{};
  transaction.put(keys::bar(account.id), encode_time(deleted_at));
}

void put_family(Transaction& transaction, const FamilyRecord& record) {
  transaction.require_sync();
  transaction.put(keys::family(record.family.id), encode(record));
  const Key listed = keys::user_family(record.family.user, record.family.id);
  if (record.revoked) {
    transaction.erase(listed);
  } else {
    transaction.put(listed, encode_time(record.family.expires_at));
  }
}

void end_family(Transaction& transaction, FamilyRecord& record) {
  record.revoked = true;
  put_family(transaction, record);
  put_ended(transaction, record.family, transaction.now());
}

void put_ended_family(Transaction& transaction, const FamilyRecord& record) {
  const bool is_of_all = record.family.id == chat::originals_of(record.family.user);
  put_family(transaction, record);
  put_ended(transaction, record.family,
            is_of_all ? chat::time_of_end(record.family.expires_at) : transaction.now());
}

void note_end_of_all(Transaction& transaction, chat::UserId user,
                     const std::optional<FamilyRecord>& before) {
  if (before) forget_end_of_all(transaction, *before);
  const Time now = transaction.now();
  const FamilyRecord record{chat::end_of_all(user, now), true};
  put_family(transaction, record);
  put_ended(transaction, record.family, now);
}

void take_place(Head& head, MessageRecord& record) {
  ++head.last_seq;
  ++head.members[record.sender].sent;
  head.last_version = record.version;
  head.last_created_at = record.created_at;
  record.sent.clear();
  for (const chat::Watermarks& member : head.members) record.sent.push_back(member.sent);
}

void put_message(Transaction& transaction, const Head& head, const MessageRecord& record) {
  transaction.require_sync();
  transaction.put(keys::message(head.id, head.last_seq), encode(record));
  transaction.put(keys::message_id(record.id), encode(Location{head.id, head.last_seq}));
  transaction.touch(head);
}

void remember_client_id(Transaction& transaction, const Head& head, const MessageRecord& record) {
  if (!record.client_id) return;
  const Key key = keys::client_id(head.participants[record.sender], *record.client_id);
  const Location location{head.id, head.last_seq};
  transaction.put(key, encode(IdempotencyRecord{location, record.created_at}));
}

}  // namespace parley::store::embedded
