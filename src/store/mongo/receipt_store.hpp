#pragma once

#include "chat/ports/receipt_store.hpp"

namespace parley::store::mongo {

class Database;

/// Watermarks in the conversations' documents: each moves in one conditional update, whichever node
/// asks; messages get their status by range afterwards.
class ReceiptStore final : public chat::ReceiptStore {
 public:
  explicit ReceiptStore(Database& database) : database_(database) {}

  Task<Result<Done>> mark_delivered(std::vector<chat::DeliveryMark> marks, Time now) override;
  Task<Result<Done>> mark_read(chat::UserId reader, chat::MessageId message_id, Time now) override;

 private:
  Database& database_;
};

}  // namespace parley::store::mongo
