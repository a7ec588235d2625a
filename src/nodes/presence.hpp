#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chat/ports/presence_store.hpp"
#include "net/shard.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

namespace parley::nodes {

/// Who is connected to any node, counted in Redis; the format: docs/formats/redis.md, "Presence".
/// Each node holds a lease: when it dies its devices count for nobody once the lease is over, and
/// whichever node sees that first takes them out. Nodes with a subscriber see sooner that another
/// one's process has ended, and end its lease. While Redis is away calls answer at once from
/// what is connected here, and when it is back it is told all of that again, whether or not it has
/// kept its data. While it refuses writes it is asked about the other nodes, and told all again
/// when it takes them.
///
/// Lives on the client's shard and is the only listener of its state, and one of its refusals; any
/// shard may call, and results come back there. Outlives the shards' threads.
class Presence final : public chat::PresenceStore {
 public:
  struct Config {
    /// The longest from the death of a node to its users being offline. Renewed thrice in that
    /// time.
    std::chrono::milliseconds lease = std::chrono::seconds{30};
    /// From Redis' return to that of the other nodes, as far as they wait between two tries.
    std::chrono::milliseconds comeback = redis::Config{}.backoff_max;
    /// From one look at the other nodes to the next; FailureDetector::looks in a row show a death.
    std::chrono::milliseconds look = std::chrono::seconds{1};
  };
  /// Users that Redis had otherwise than their people were told: a dead node's, taken out by this
  /// one; this node's own that were thought dead, or that came and went while Redis was away. Runs
  /// on the home shard.
  using OnChange = std::function<void(chat::UserId user, bool online)>;

  /// Before the shards start. `home` is the client's shard.
  Presence(net::Shard& home, redis::Client& client);
  /// `listener` lives on the same shard; nullptr: only leases tell of deaths.
  Presence(net::Shard& home, redis::Client& client, Config config,
           redis::Subscriber* listener = nullptr);
  ~Presence() override;
  /// Before the shards start.
  void on_change(OnChange listener);

  /// Errors: none. Where Redis does not answer (within its command timeout), what is known here
  /// is.
  Task<Result<bool>> arrive(chat::UserId user, std::string device, Time now) override;
  Task<Result<bool>> leave(chat::UserId user, std::string device, Time now) override;
  Task<Result<std::vector<chat::Presence>>> status(std::vector<chat::UserId> users) override;

  /// Not before this node is joined, nor for a lease after it came back: by then the others have
  /// come back to Redis, too, or are dead.
  bool is_settled() const override;

  /// Has a device on this node. Any thread, without waiting.
  bool is_here(const chat::UserId& user) const;

  /// The node's devices are gone now, for all nodes; what comes after is known here only. Where
  /// Redis cannot be told the lease ends it.
  Task<void> close();

  struct Counts {
    std::uint64_t joins = 0;   ///< Times that all was told to Redis.
    std::uint64_t reaped = 0;  ///< Users of dead nodes taken out by this one.
    std::uint64_t local_answers = 0;
  };
  Counts counts() const;   ///< Any thread.
  bool is_joined() const;  ///< Any thread. Redis knows all that is connected here.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace parley::nodes
