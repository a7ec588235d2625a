#include "store/embedded/receipt_store.hpp"

#include "store/embedded/database.hpp"
#include "store/embedded/internals.hpp"

namespace parley::store::embedded {

namespace {
/// A mark of something that is not there moves nothing.
void deliver(Transaction& transaction, const chat::DeliveryMark& mark, Time now) {
  Head* head = transaction.find_head(mark.conversation_id);
  const auto member = head != nullptr ? head->member(mark.user) : std::nullopt;
  if (!member || mark.seq > head->last_seq) return;
  const chat::Watermark& before = head->members[*member].delivered;
  if (mark.seq <= before.seq) return;
  const chat::Watermark to{mark.seq, transaction.next_version(), before.next_time(now)};
  transaction.require_sync();
  transaction.advance(*head, *member, Mark::delivered, to);
  transaction.publish(chat::MessageDelivered{mark.conversation_id, mark.message_id, mark.seq,
                                             mark.sender, mark.user, to.at, to.version});
}

Result<Done> deliver_all(Transaction& transaction, const std::vector<chat::DeliveryMark>& marks,
                         Time now) {
  for (const chat::DeliveryMark& mark : marks) transaction.find_head(mark.conversation_id);
  if (transaction.error()) return *transaction.error();
  for (const chat::DeliveryMark& mark : marks) deliver(transaction, mark, now);
  return Done{};
}

/// Reading is also receiving: one change moves both watermarks where both lag behind.
void advance_read(Transaction& transaction, Head& head, Member reader, chat::Watermark to) {
  if (head.members[reader].delivered.seq < to.seq)
    transaction.advance(head, reader, Mark::delivered, to);
  transaction.advance(head, reader, Mark::read, to);
}

Result<Done> read_message(Transaction& transaction, chat::UserId reader, chat::MessageId message_id,
                          Time now) {
  const auto location = transaction.location(message_id);
  Head* head = location ? transaction.find_head(location->conversation) : nullptr;
  const auto member = head != nullptr ? head->member(reader) : std::nullopt;
  const auto record = member ? transaction.message(*head, location->seq) : std::nullopt;
  if (!record || transaction.error())
    return refuse(transaction, Errc::not_found, "Message not found");
  if (record->sender == *member)
    return fail(Errc::forbidden, "Only the receiver can read a message");
  chat::Watermarks& marks = head->members[*member];
  if (location->seq <= marks.read.seq) return Done{};

  const chat::Watermark to{location->seq, transaction.next_version(), marks.next_read_time(now)};
  transaction.require_sync();
  advance_read(transaction, *head, *member, to);
  marks.sent_at_read = static_cast<std::int64_t>(record->sent[*member]);
  transaction.publish(chat::MessagesRead{head->id, message_id, to.seq, reader, head->participants,
                                         head->unread(*member), to.at, to.version});
  return Done{};
}
}  // namespace

Task<Result<Done>> ReceiptStore::mark_delivered(std::vector<chat::DeliveryMark> marks, Time now) {
  return submit<Done>(
      database_.internals().committer,
      [marks = std::move(marks), now](Transaction& transaction) {
        return deliver_all(transaction, marks, now);
      },
      Haste::can_wait);
}

Task<Result<Done>> ReceiptStore::mark_read(chat::UserId reader, chat::MessageId message_id,
                                           Time now) {
  return submit<Done>(database_.internals().committer,
                      [reader, message_id, now](Transaction& transaction) {
                        return read_message(transaction, reader, message_id, now);
                      });
}

}  // namespace parley::store::embedded
