#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/task.hpp"
#include "net/shard.hpp"

namespace parley::nodes {

namespace detail {

/// What a task gave, in the frame of the one who waits for it.
template <class T>
struct Landing {
  std::optional<T> value;
  std::exception_ptr thrown;
};

template <class T, class Handler>
Task<void> visit(Task<T> task, Landing<T>& landing, Executor home, Handler handler) {
  try {
    landing.value.emplace(co_await std::move(task));
  } catch (...) {
    landing.thrown = std::current_exception();
  }
  asio::post(home, std::move(handler));
}

}  // namespace detail

/// Runs a coroutine on `target`, up to its first wait in one turn, and brings its value back to the
/// caller's executor. Costs two posts; none when `target` is the caller's own shard.
template <class T>
Task<T> hop_to(net::Shard& target, Task<T> task) {
  if (target.is_current()) co_return co_await std::move(task);
  detail::Landing<T> landing;
  const Executor home = co_await asio::this_coro::executor;
  auto start = [&target, &task, &landing, home](auto handler) {
    target.spawn("visit a node's shard",
                 detail::visit<T>(std::move(task), landing, home, std::move(handler)));
  };
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(start, token);
  if (landing.thrown) std::rethrow_exception(landing.thrown);
  co_return std::move(*landing.value);
}

}  // namespace parley::nodes
