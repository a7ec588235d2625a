#pragma once

#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "net/shard.hpp"
#include "net/timer.hpp"

namespace parley::api {

/// Until a store that was away is asked again.
inline constexpr std::chrono::milliseconds store_pause{500};

/// The same work for many, done for a few at a time, first come first served: when thousands come
/// or go at once, whoever else needs the shard and the store waits for those few alone. Lives on
/// one shard.
template <class One>
class FewAtOnce {
 public:
  static constexpr std::size_t most = 32;
  using Work = std::function<Task<void>(One)>;

  /// `name` is a literal: what the log says of work that failed.
  FewAtOnce(net::Shard& shard, std::string_view name, Work work)
      : shard_(shard),
        name_(name),
        work_(std::move(work)),
        store_timer_(net::Timer::calling<&FewAtOnce::on_store_pause>(shard.timers(), *this)) {}

  void add(One one) {
    waiting_.push_back(std::move(one));
    if (running_ == most) return;
    ++running_;
    shard_.spawn(name_, run());
  }
  /// Does it after a pause: its work found the store away.
  void put_off(One one) {
    put_off_.push_back(std::move(one));
    if (!store_timer_.is_running()) store_timer_.start(shard_.now() + store_pause);
  }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  void on_store_pause() {
    for (One& one : std::exchange(put_off_, {})) add(std::move(one));
  }
  Task<void> run() {
    while (!waiting_.empty()) {
      One one = std::move(waiting_.front());
      waiting_.pop_front();
      try {
        co_await work_(std::move(one));
      } catch (...) {
        shard_.report(name_, std::current_exception());
      }
    }
    --running_;
  }

  net::Shard& shard_;
  const std::string_view name_;
  const Work work_;
  std::deque<One> waiting_;
  std::vector<One> put_off_;
  net::Timer store_timer_;
  std::size_t running_ = 0;
};

}  // namespace parley::api
