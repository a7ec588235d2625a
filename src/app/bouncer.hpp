#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

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
  /// Deleted users are barred for as long as a token of theirs may be good, and two days: no two
  /// nodes' clocks are further apart (ADR 0016).
  Bouncer(net::Shard& home, chat::OperatorStore& store, Doors doors,
          std::chrono::milliseconds token_lifetime);

  void start();
  /// Asks now. Any shard.
  Task<void> look(Time now);

  static constexpr std::chrono::milliseconds interval{5'000};
  static constexpr std::chrono::hours clocks_apart{48};

 private:
  Task<void> watch();
  std::uint64_t next_turn();
  std::vector<chat::UserId> take(std::uint64_t turn, std::vector<chat::UserId> disabled);

  net::Shard& home_;
  chat::OperatorStore& store_;
  Doors doors_;
  std::chrono::milliseconds token_lifetime_;

  std::mutex mutex_;  ///< Of what follows, and of what the bars are.
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;  ///< The latest look whose answer is in force.
};

}  // namespace parley::app
