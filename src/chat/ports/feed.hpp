#pragma once

#include <functional>

#include "base/task.hpp"
#include "chat/change.hpp"

namespace parley::chat {

/// Every durable change, to every subscriber, in version order.
class Feed {
 public:
  virtual ~Feed() = default;

  using Subscriber = std::function<void(const ChangeBatchPtr&)>;
  /// `subscriber` runs on `executor` for every commit that follows this call; gives the version up
  /// to which it will see nothing. For the program's whole life: call before the server opens.
  virtual Version subscribe(Executor executor, Subscriber subscriber) = 0;
};

}  // namespace parley::chat
