#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/result.hpp"
#include "base/task.hpp"

namespace parley::redis::detail {

/// A coroutine that waits for a T. It goes on, on its own shard, when `complete` was called; a
/// waiter that is destroyed takes the coroutine along.
template <class T>
class Waiter {
 public:
  virtual ~Waiter() = default;
  /// Once. Any thread.
  virtual void complete(Result<T> result) = 0;
};

template <class T, class Handler>
class HandlerWaiter final : public Waiter<T> {
 public:
  /// `outcome` is in the frame that the handler owns.
  HandlerWaiter(std::optional<Result<T>>& outcome, Executor home, Handler handler)
      : outcome_(outcome), home_(std::move(home)), handler_(std::move(handler)) {}

  void complete(Result<T> result) override {
    outcome_.emplace(std::move(result));
    asio::post(home_, std::move(handler_));
  }

 private:
  std::optional<Result<T>>& outcome_;
  Executor home_;
  Handler handler_;
};

/// Gives a waiter to the plain function `begin`, and waits until it is completed.
template <class T, class Begin>
Task<Result<T>> wait_for(Begin begin) {
  std::optional<Result<T>> outcome;
  const Executor home = co_await asio::this_coro::executor;
  auto start = [&outcome, &begin, home](auto handler) {
    using Ours = HandlerWaiter<T, decltype(handler)>;
    begin(std::unique_ptr<Waiter<T>>{std::make_unique<Ours>(outcome, home, std::move(handler))});
  };
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(start, token);
  co_return std::move(*outcome);
}

}  // namespace parley::redis::detail
