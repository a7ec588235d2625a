#pragma once

#include <span>
#include <vector>

#include "base/task.hpp"
#include "chat/ports/receipt_store.hpp"
#include "net/shard.hpp"

namespace parley::chat {
class Messaging;
}

namespace parley::api {

/// Collects what reached devices of one shard during a loop turn and stores it in one call. A call
/// that fails for a passing reason is repeated; marks beyond `max_waiting` are dropped (the message
/// stays `sent` until its receiver connects again). Lives on one shard.
class DeliveryMarks {
 public:
  static constexpr std::size_t max_waiting = 100'000;

  DeliveryMarks(net::Shard& shard, chat::Messaging& messaging)
      : shard_(shard), messaging_(messaging) {}

  void add(chat::DeliveryMark mark);
  void add(std::span<const chat::DeliveryMark> marks);

 private:
  void schedule();
  Task<void> store();

  net::Shard& shard_;
  chat::Messaging& messaging_;
  std::vector<chat::DeliveryMark> waiting_;
  bool is_storing_ = false;
};

}  // namespace parley::api
