#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "net/shard.hpp"
#include "net/testing.hpp"
#include "redis/client.hpp"
#include "redis/testing.hpp"

namespace parley::redis {

/// A shard without thread, driven by the test.
class Rig {
 public:
  /// Drives the shard until `done` holds, and fails the test where it never does.
  void until(const std::function<bool()>& done) {
    ASSERT_TRUE(net::run_until(shard, done)) << "waited too long";
  }

  /// Drives the shard until the task has its value.
  template <class T>
  T wait(Task<T> task) {
    auto result = std::make_shared<std::optional<T>>();
    shard.spawn("test", keep(std::move(task), result));
    EXPECT_TRUE(net::run_until(shard, [&result] { return result->has_value(); }));
    if (!result->has_value()) throw std::runtime_error("the call never ended");
    return std::move(**result);
  }

  net::Shard shard{0};

 private:
  template <class T>
  static Task<void> keep(Task<T> task, std::shared_ptr<std::optional<T>> result) {
    result->emplace(co_await std::move(task));
  }
};

}  // namespace parley::redis
