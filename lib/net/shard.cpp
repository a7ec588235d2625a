#include "net/shard.hpp"

#include <pthread.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <cassert>
#include <exception>
#include <string>

#include "net/detail/poller.hpp"
#include "net/steady_timer.hpp"

namespace parley::net {

namespace {
thread_local Shard* current_shard = nullptr;
std::atomic<EscapeReporter> escape_reporter{nullptr};
}  // namespace

void set_escape_reporter(EscapeReporter reporter) { escape_reporter = reporter; }

struct Shard::State {
  explicit State(Executor executor) : timer(executor) {}
  SteadyTimer timer;
  SteadyTime armed = SteadyTime::max();  ///< When `timer` will fire.
  bool in_timers = false;
  SteadyTime now{};
  bool now_is_fresh = false;
  std::atomic<bool> running{false};
  std::atomic<std::uint64_t> escaped{0};
};

Shard::Shard(ShardIndex index)
    : index_(index),
      timers_(this, [](void* self) { static_cast<Shard*>(self)->wait_for_timers(); }),
      state_(std::make_unique<State>(context_.get_executor())),
      poller_(std::make_unique<Poller>(*this)) {}

Shard::~Shard() {
  ShardScope scope{*this};
  context_.shutdown();
}

SteadyTime Shard::now() const {
  if (!state_->now_is_fresh) {
    state_->now = std::chrono::steady_clock::now();
    state_->now_is_fresh = true;
    // Runs behind everything that is queued now: the end of this turn.
    asio::post(state_->timer.get_executor(),
               [state = state_.get()] { state->now_is_fresh = false; });
  }
  return state_->now;
}

Shard* Shard::current() { return current_shard; }
bool Shard::is_running() const { return state_->running; }
std::uint64_t Shard::escaped_exceptions() const { return state_->escaped; }

void Shard::spawn(std::string_view name, Task<void> task) {
  asio::co_spawn(context_.get_executor(), std::move(task),
                 [this, name](std::exception_ptr escaped) {
                   if (escaped) report(name, escaped);
                 });
}

void Shard::report(std::string_view name, std::exception_ptr escaped) {
  ++state_->escaped;
  const EscapeReporter reporter = escape_reporter;
  if (reporter == nullptr) return;
  try {
    std::rethrow_exception(escaped);
  } catch (const std::exception& exception) {
    reporter(name, exception.what());
  } catch (...) {
    reporter(name, "not a std::exception");
  }
}

void Shard::run() {
  ShardScope scope{*this};
  pthread_setname_np(pthread_self(), ("shard-" + std::to_string(index_)).c_str());
  const auto guard = asio::make_work_guard(context_);
  while (!context_.stopped()) {
    try {
      context_.run();
    } catch (...) {
      report("post", std::current_exception());
    }
  }
}

void Shard::wait_for_timers() {
  if (state_->in_timers) return;
  const SteadyTime next = timers_.next_deadline();
  // A wait that ends too soon is harmless; one that ends too late is replaced.
  if (next >= state_->armed) return;
  state_->armed = next;
  state_->timer.expires_at(next);
  state_->timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timers();
  });
}

void Shard::on_timers() {
  /// Waits again, even when a callback throws.
  struct WaitAgain {
    Shard& shard;
    ~WaitAgain() {
      shard.state_->in_timers = false;
      shard.wait_for_timers();
    }
  };
  state_->armed = SteadyTime::max();
  state_->now_is_fresh = false;
  state_->in_timers = true;
  const WaitAgain again{*this};
  timers_.run(now());
}

ShardScope::ShardScope(Shard& shard) : previous_(current_shard) { current_shard = &shard; }
ShardScope::~ShardScope() { current_shard = previous_; }

Shards::Shards(unsigned count) {
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  shards_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<Shard>(static_cast<ShardIndex>(i)));
  }
}

Shards::~Shards() {
  stop();
  // A coroutine of one shard may own things of another: all wait no more before any shard goes.
  for (const auto& shard : shards_) {
    ShardScope scope{*shard};
    shard->context_.shutdown();
  }
}

void Shards::start() {
  assert(threads_.empty());
  for (const auto& shard : shards_) {
    shard->state_->running = true;
    threads_.emplace_back([target = shard.get()] { target->run(); });
  }
}

void Shards::stop() {
  for (const auto& shard : shards_) shard->context_.stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  for (const auto& shard : shards_) shard->state_->running = false;
}

Task<void> sleep_for(std::chrono::milliseconds duration) {
  SteadyTimer timer{co_await asio::this_coro::executor};
  timer.expires_after(duration);
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await timer.async_wait(token);
}

}  // namespace parley::net
