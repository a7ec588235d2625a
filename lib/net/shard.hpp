#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "base/time.hpp"
#include "net/detail/outcome.hpp"
#include "net/timer.hpp"

namespace parley::net {

class Poller;

/// 0-based; also what a session id carries to name its owner.
using ShardIndex = std::uint16_t;

/// Told of every exception that ends a coroutine or a posted call: the spawn's name (or "post") and
/// what() of the exception. Called on the shard where it happened.
using EscapeReporter = void (*)(std::string_view name, std::string_view what);
/// For the whole process; nullptr (the default) only counts.
void set_escape_reporter(EscapeReporter reporter);

/// One core's worth of program: a thread, an io_context, and everything that lives on it. Nothing
/// on a shard is locked; another shard is reached only by `post`.
class Shard {
 public:
  explicit Shard(ShardIndex index);
  /// Destroys the coroutines that still wait, then the connections; tells nobody.
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  ShardIndex index() const { return index_; }
  asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }
  /// This shard's thread only.
  Timers& timers() { return timers_; }
  Poller& poller() { return *poller_; }
  /// Steady time, read at most once per loop turn. This shard's thread only.
  SteadyTime now() const;

  /// Runs `work` here, after what the same thread has posted. Any thread. `work` may be move-only,
  /// and owns what it captures.
  template <class Work>
  void post(Work&& work) {
    asio::post(context_, std::forward<Work>(work));
  }

  /// Starts a coroutine here. What escapes it is reported under `name` (a literal) and counted. Any
  /// thread; on this shard's own it runs up to its first wait before `spawn` returns.
  void spawn(std::string_view name, Task<void> task);

  /// Counts and reports an exception that ended a call on this shard; `name` as in spawn.
  void report(std::string_view name, std::exception_ptr escaped);

  /// The shard whose thread this is; nullptr elsewhere.
  static Shard* current();
  bool is_current() const { return current() == this; }
  /// True between Shards::start and Shards::stop.
  bool is_running() const;

  /// Coroutines and posted calls that ended by an exception since the start. Any thread.
  std::uint64_t escaped_exceptions() const;

 private:
  friend class Shards;
  friend class ShardScope;
  struct State;
  /// io_context, whose handlers can be destroyed while everything else of the shard still lives.
  struct Context : asio::io_context {
    Context() : asio::io_context(1) {}
    using asio::io_context::shutdown;
  };

  void run();
  void on_timers();
  void wait_for_timers();

  ShardIndex index_;
  Context context_;
  Timers timers_;
  std::unique_ptr<State> state_;
  std::unique_ptr<Poller> poller_;
};

/// Makes the calling thread the shard's while it lives. For tests and for whoever drives a shard's
/// io_context by hand; Shards::start does it for its threads.
class ShardScope {
 public:
  explicit ShardScope(Shard& shard);
  ~ShardScope();
  ShardScope(const ShardScope&) = delete;
  ShardScope& operator=(const ShardScope&) = delete;

 private:
  Shard* previous_;
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

/// Runs the plain function `work` on `target` and brings its value (or exception) back to the
/// calling coroutine's shard. Costs two posts (none when `target` is the caller's own shard).
template <class Work>
Task<std::invoke_result_t<Work&>> run_on(Shard& target, Work work) {
  if (target.is_current()) co_return work();
  detail::Outcome<std::invoke_result_t<Work&>> outcome;
  const Executor home = co_await asio::this_coro::executor;
  // The caller's frame waits, so what `visit` refers to stays; an io_context that dies takes the
  // frame along with the handler.
  auto visit = [&target, &work, &outcome, home](auto handler) {
    target.post([&work, &outcome, home, handler = std::move(handler)]() mutable {
      outcome.set_by(work);
      asio::post(home, std::move(handler));
    });
  };
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(visit, token);
  co_return outcome.take();
}

/// Waits without blocking the shard.
Task<void> sleep_for(std::chrono::milliseconds duration);

}  // namespace parley::net
