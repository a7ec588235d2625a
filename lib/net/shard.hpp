#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "base/time.hpp"
#include "net/timer.hpp"

namespace parley::net {

class Poller;

/// 0-based; also what a session id carries to name its owner.
using ShardIndex = std::uint16_t;

/// One core's worth of program: a thread, an io_context, and everything that lives on it. Nothing on a
/// shard is locked; another shard is reached only by `post`.
class Shard {
 public:
  explicit Shard(ShardIndex index);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  ShardIndex index() const { return index_; }
  asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }
  /// This shard's thread only.
  Timers& timers() { return timers_; }
  Poller& poller() { return *poller_; }
  /// Steady time, read once per loop turn. This shard's thread only.
  SteadyTime now() const;

  /// Runs `work` on this shard, after what is queued already. Any thread. `work` may be move-only and
  /// owns what it captures.
  template <class Work>
  void post(Work&& work) {
    asio::post(context_, std::forward<Work>(work));
  }

  /// Starts a coroutine here. What escapes it is logged under `name` (a literal) and counted. Any thread.
  void spawn(std::string_view name, Task<void> task);

  /// The shard whose thread this is; nullptr elsewhere.
  static Shard* current();
  bool is_current() const { return current() == this; }

  /// Coroutines that ended by an exception since the start. Any thread.
  std::uint64_t escaped_exceptions() const;

 private:
  friend class Shards;
  // … the implementer's members follow
  struct State;
  ShardIndex index_;
  asio::io_context context_{1};
  Timers timers_;
  std::unique_ptr<Poller> poller_;
  std::unique_ptr<State> state_;
};

/// All shards of the process. Made, started, stopped and joined by one thread.
class Shards {
 public:
  /// `count` 0 means one a core.
  explicit Shards(unsigned count);
  ~Shards();

  std::size_t size() const { return shards_.size(); }
  Shard& operator[](std::size_t index) { return *shards_[index]; }
  auto begin() { return shards_.begin(); }
  auto end() { return shards_.end(); }

  /// Starts the threads.
  void start();
  /// Stops the io_contexts and joins the threads. Whoever needs a graceful end does it before.
  void stop();

 private:
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::thread> threads_;
};

/// Runs the plain function `work` on `target` and brings its value back to the calling coroutine's
/// shard. Costs two posts (none when `target` is the caller's own shard).
template <class Work>
Task<std::invoke_result_t<Work>> run_on(Shard& target, Work work);

/// Waits without blocking the shard.
Task<void> sleep_for(std::chrono::milliseconds duration);

}  // namespace parley::net
