#pragma once

#include <chrono>
#include <functional>

#include "base/task.hpp"
#include "chat/bars.hpp"
#include "chat/ports/operator_store.hpp"
#include "net/shard.hpp"

namespace parley::app {

/// Keeps a server's Bars as the store says, and shows those who are new in it the door. Another
/// process may have disabled them (`parley user disable` on MongoDB, at any node): it asks every
/// few seconds. Lives on `home`; made before the shards start.
class Bouncer {
 public:
  struct Doors {
    chat::Bars& bars;
    /// Ends the connections of a user, on this node.
    std::function<void(chat::UserId)> close;
  };
  /// Deleted users are barred for as long as a token of theirs may be good.
  Bouncer(net::Shard& home, chat::OperatorStore& store, Doors doors,
          std::chrono::milliseconds token_lifetime);

  void start();
  /// Asks now. Any shard.
  Task<void> look(Time now);

  static constexpr std::chrono::milliseconds interval{5'000};

 private:
  Task<void> watch();

  net::Shard& home_;
  chat::OperatorStore& store_;
  Doors doors_;
  std::chrono::milliseconds token_lifetime_;
};

}  // namespace parley::app
