#pragma once

#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "chat/ids.hpp"
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
  using Owner = std::function<chat::UserId(const One&)>;

  /// `name` is a literal: what the log says of work that failed. With `owner` those of one user are
  /// done one after another, each behind those of others that came meanwhile.
  FewAtOnce(net::Shard& shard, std::string_view name, Work work, Owner owner = {})
      : shard_(shard),
        name_(name),
        work_(std::move(work)),
        owner_(std::move(owner)),
        store_timer_(net::Timer::calling<&FewAtOnce::on_store_pause>(shard.timers(), *this)) {}

  void add(One one) {
    if (owner_) {
      const auto [others, is_first] = owners_.try_emplace(owner_(one));
      if (!is_first) return others->second.push_back(std::move(one));
    }
    queue(std::move(one));
  }
  /// Does it after a pause: its work found the store away.
  void put_off(One one) {
    put_off_.push_back(std::move(one));
    if (!store_timer_.is_running()) store_timer_.start(shard_.now() + store_pause);
  }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  void queue(One one) {
    waiting_.push_back(std::move(one));
    if (running_ == most) return;
    ++running_;
    shard_.spawn(name_, run());
  }
  void on_store_pause() {
    for (One& one : std::exchange(put_off_, {})) add(std::move(one));
  }
  Task<void> run() {
    while (!waiting_.empty()) {
      One one = std::move(waiting_.front());
      waiting_.pop_front();
      const auto owner = owner_ ? std::optional{owner_(one)} : std::nullopt;
      try {
        co_await work_(std::move(one));
      } catch (...) {
        shard_.report(name_, std::current_exception());
      }
      if (owner) let_next(*owner);
    }
    --running_;
  }
  void let_next(chat::UserId owner) {
    const auto others = owners_.find(owner);
    if (others->second.empty()) {
      owners_.erase(others);
      return;
    }
    waiting_.push_back(std::move(others->second.front()));
    others->second.pop_front();
  }

  net::Shard& shard_;
  const std::string_view name_;
  const Work work_;
  const Owner owner_;
  std::deque<One> waiting_;
  /// Of whom one waits there or is being done: the others.
  std::unordered_map<chat::UserId, std::list<One>> owners_;
  std::vector<One> put_off_;
  net::Timer store_timer_;
  std::size_t running_ = 0;
};

}  // namespace parley::api
