#pragma once

#include "store/embedded/transaction.hpp"

/// Rows that belong together, as every writer lays them down. Source:
/// docs/formats/embedded-store.md, "Keys". All need a synced batch.
namespace parley::store::embedded {

/// A new account with the rows by which it is found.
void put_account(Transaction& transaction, const chat::Account& account);

/// The row that bars a disabled account's tokens, or none.
void put_bar(Transaction& transaction, const chat::Account& account);

/// A refresh family, new or changed.
void put_family(Transaction& transaction, const FamilyRecord& record);

/// Revokes a family that is not revoked, and notes when.
void end_family(Transaction& transaction, FamilyRecord& record);
/// The same for one that ended elsewhere, and is not here yet: whoever is told of it acts now.
void put_ended_family(Transaction& transaction, const FamilyRecord& record);

/// Notes that all logins of the user have ended, in the place of `before`, which the store has of
/// it.
void note_end_of_all(Transaction& transaction, chat::UserId user,
                     const std::optional<FamilyRecord>& before);

/// The next place in the conversation: `head` counts the message from now on. Sets record.sent.
void take_place(Head& head, MessageRecord& record);
/// The newest message of `head`, which has taken its place, and the row by which it is found.
void put_message(Transaction& transaction, const Head& head, const MessageRecord& record);
/// (sender, client id) leads to the newest message of `head` from now on.
void remember_client_id(Transaction& transaction, const Head& head, const MessageRecord& record);

}  // namespace parley::store::embedded
