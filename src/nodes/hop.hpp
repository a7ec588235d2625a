#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "base/task.hpp"
#include "net/shard.hpp"

namespace parley::nodes {

namespace detail {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& value) {
  value.emplace(co_await std::move(task));
}

}  // namespace detail

/// Runs a coroutine on `target`, up to its first wait in one turn, and brings its value (or
/// exception) back to the caller's executor. Costs two posts, three if it never waits; none when
/// `target` is the caller's own shard.
template <class T>
Task<T> hop_to(net::Shard& target, Task<T> task) {
  if (target.is_current()) co_return co_await std::move(task);
  const Executor there = target.executor();
  std::optional<T> value;  // asio would want a T that can be without a value
  auto visit = detail::keep(std::move(task), value);
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await asio::co_spawn(there, std::move(visit), token);
  co_return std::move(*value);
}

}  // namespace parley::nodes
