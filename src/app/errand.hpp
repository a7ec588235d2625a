#pragma once

#include <future>
#include <memory>
#include <utility>

#include "base/result.hpp"
#include "base/task.hpp"
#include "net/shard.hpp"

namespace parley::app {

/// A shard for a command that does something itself and ends. What lives on the shard is made
/// before start() and destroyed after stop(); one thread, which is not the shard's.
class Errand {
 public:
  net::Shard& home() { return shards_[0]; }
  void start() { shards_.start(); }
  void stop() { shards_.stop(); }

  /// Runs `task` to its end.
  template <class T>
  Result<T> run(Task<Result<T>> task) {
    auto result = std::make_shared<std::promise<Result<T>>>();
    auto future = result->get_future();
    home().spawn("errand", keep(std::move(task), std::move(result)));
    return future.get();
  }

 private:
  template <class T>
  static Task<void> keep(Task<Result<T>> task, std::shared_ptr<std::promise<Result<T>>> result) {
    try {
      result->set_value(co_await std::move(task));
    } catch (...) {
      result->set_exception(std::current_exception());
    }
  }

  net::Shards shards_{1};
};

}  // namespace parley::app
