#include "store/mongo/receipt_store.hpp"

#include "store/mongo/database.hpp"
#include "store/mongo/internals.hpp"

namespace parley::store::mongo {

Task<Result<Done>> ReceiptStore::mark_delivered(std::vector<chat::DeliveryMark> marks, Time now) {
  return submit<Done>(database_.internals().writer, DeliverWork{std::move(marks), now, {}});
}

Task<Result<Done>> ReceiptStore::mark_read(chat::UserId reader, chat::MessageId message_id,
                                           Time now) {
  return submit<Done>(database_.internals().writer, ReadWork{reader, message_id, now, {}});
}

}  // namespace parley::store::mongo
