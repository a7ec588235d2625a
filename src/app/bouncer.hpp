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

/// Keeps a server's Bars as the store says, and shows those who are new in it the door: users who
/// are disabled, logins that have ended. What happens here it hears at once; another process may
/// have done it (a node, `parley user` on MongoDB), or this one before it was restarted: so it asks
/// before the start, and every few seconds. Lives on `home`; made before the shards start.
class Bouncer {
 public:
  struct Doors {
    chat::Bars& bars;
    /// Ends the connections of a user, on this node.
    std::function<void(chat::UserId)> close;
    /// Ends the connections of logins, on this node.
    std::function<void(std::vector<chat::Ending>)> close_logins;
  };
  /// For how long tokens are good, and the clock of the store. Deleted users are barred for as long
  /// as a refresh token may be good, and two days: no two nodes' clocks are further apart (ADR
  /// 0016).
  struct Times {
    std::chrono::milliseconds access_token, refresh_token;
    std::function<Time()> clock;
  };
  Bouncer(net::Shard& home, chat::OperatorStore& store, Doors doors, Times times);

  /// Asks what was before the start, and waits for it, in `context`, which outlives the store: its
  /// threads may still be waking it when this returns. Before the shards start.
  void begin(asio::io_context& context);
  void start();
  /// Asks what is new. Any shard.
  Task<void> look();

  static constexpr std::chrono::milliseconds interval{5'000};
  static constexpr std::chrono::hours clocks_apart{48};
  /// An end is seen at most so long after the time that it carries: it has to reach a majority, and
  /// nodes' clocks agree only nearly.
  static constexpr std::chrono::minutes overlap{1};

 private:
  Task<void> watch();
  /// Goes on where the last look that had an answer began.
  Task<bool> look_further();
  Task<void> see_disabled(Time now);
  Task<bool> see_ended(Time since);
  std::uint64_t next_turn();
  std::vector<chat::UserId> take(std::uint64_t turn, std::vector<chat::UserId> disabled);

  net::Shard& home_;
  chat::OperatorStore& store_;
  Doors doors_;
  Times times_;
  Time since_;  ///< All ends of logins before it are known.

  std::mutex mutex_;  ///< Of what follows, and of what the bars are.
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;  ///< The latest look whose answer is in force.
};

}  // namespace parley::app
