#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/result.hpp"
#include "base/task.hpp"
#include "net/shard.hpp"

namespace parley::net {

/// A bounded pool of threads for work that blocks or computes long (password hashes, disk reads).
/// Destroyed before the shards whose coroutines use it.
class Workers {
 public:
  /// What becomes of calls that still wait when the pool ends.
  enum class AtEnd {
    finish,  ///< They are done.
    refuse,  ///< They are `closed`: for work that takes long, and is of no use then.
  };
  struct Config {
    std::size_t threads = 1;
    /// Calls that wait for a thread; one more is refused with `overloaded`.
    std::size_t max_queued = 64;
    AtEnd at_end = AtEnd::finish;
  };
  explicit Workers(Config config);
  /// Ends what is queued (Config::at_end), then joins.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Runs `work` (a callable that gives Result<T>, and owns what it captures) on a pool thread and
  /// resumes the caller on its own shard. Errors: overloaded when the queue is full; closed when
  /// the pool has ended; else what `work` gives. An exception of `work` is thrown to the caller.
  template <class Work>
  Task<std::invoke_result_t<Work&>> run(Work work);

  /// Begins the end: further calls are refused, and what is queued ends. Any thread.
  void end();

  /// Calls that wait for a thread. Any thread.
  std::size_t queued() const;

 private:
  struct Job {
    virtual ~Job() = default;
    virtual void run() = 0;
    /// In place of `run`.
    virtual void refuse() = 0;
  };
  /// What the caller and the pool share: either may end first.
  template <class Work>
  struct Call {
    explicit Call(Work its_work) : work(std::move(its_work)) {}
    Work work;
    detail::Outcome<std::invoke_result_t<Work&>> outcome;
  };
  template <class Work, class Handler>
  struct CallJob;

  /// A place in the queue for a call that follows; false when it is full.
  bool reserve();
  void enqueue(std::unique_ptr<Job> job);

  struct State;
  std::unique_ptr<State> state_;
};

template <class Work, class Handler>
struct Workers::CallJob final : Workers::Job {
  CallJob(std::shared_ptr<Call<Work>> its_call, Executor its_home, Handler its_handler)
      : call(std::move(its_call)), home(its_home), handler(std::move(its_handler)) {}
  void run() override { end_with(call->work); }
  void refuse() override {
    const auto closed = [] { return std::invoke_result_t<Work&>{fail(Errc::closed)}; };
    end_with(closed);
  }
  template <class Do>
  void end_with(Do& what) {
    call->outcome.set_by(what);
    call.reset();  // whatever the outcome owns is freed by the caller alone
    asio::post(home, std::move(handler));
  }
  std::shared_ptr<Call<Work>> call;
  Executor home;
  Handler handler;
};

template <class Work>
Task<std::invoke_result_t<Work&>> Workers::run(Work work) {
  if (!reserve()) co_return fail(Errc::overloaded, "the worker queue is full");
  auto call = std::make_shared<Call<Work>>(std::move(work));
  const Executor home = co_await asio::this_coro::executor;
  auto enter = [this, call, home](auto handler) {
    using Handler = decltype(handler);
    enqueue(std::make_unique<CallJob<Work, Handler>>(call, home, std::move(handler)));
  };
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(enter, token);
  co_return call->outcome.take();
}

}  // namespace parley::net
