#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/result.hpp"
#include "net/shard.hpp"
#include "net/testing.hpp"

namespace parley::mail::testing {

/// A shard without a thread, and tasks run on it to their end.
class ShardTest : public ::testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    auto out = std::make_shared<std::optional<T>>();
    shard_.spawn("test", keep(std::move(task), out));
    run_until([&out] { return out->has_value(); });
    return std::move(**out);
  }
  template <class T>
  T good(Task<Result<T>> task) {
    Result<T> result = run(std::move(task));
    if (!result) throw std::runtime_error("refused: " + result.error().detail);
    return std::move(*result);
  }
  template <class Condition>
  void run_until(Condition done) {
    if (!net::run_until(shard_, done)) throw std::runtime_error("it does not happen");
  }

  net::Shard shard_{0};

 private:
  template <class T>
  static Task<void> keep(Task<T> task, std::shared_ptr<std::optional<T>> out) {
    out->emplace(co_await std::move(task));
  }
};

}  // namespace parley::mail::testing
