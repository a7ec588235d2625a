#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/task.hpp"

namespace parley::chat::fakes {

/// How long a test waits for coroutines that do not end.
inline constexpr std::chrono::seconds patience{30};

namespace detail {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>* out) {
  out->emplace(co_await std::move(task));
}

/// Runs `context` until `left` is 0; what a coroutine threw comes out here.
inline void drive(asio::io_context& context, const std::size_t& left,
                  const std::exception_ptr& thrown) {
  const auto guard = asio::make_work_guard(context);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  context.restart();
  while (left != 0) {
    if (context.run_one_until(deadline) == 0) throw std::runtime_error("a coroutine does not end");
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace detail

/// Starts all `tasks` in order and runs `context` until every one has ended; their results in that
/// order.
template <class T>
std::vector<T> run_all(asio::io_context& context, std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> kept(tasks.size());
  std::size_t left = tasks.size();
  std::exception_ptr thrown;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    asio::co_spawn(context.get_executor(), detail::keep<T>(std::move(tasks[i]), &kept[i]),
                   [&left, &thrown](std::exception_ptr error) {
                     --left;
                     if (error) thrown = error;
                   });
  }
  detail::drive(context, left, thrown);
  std::vector<T> results;
  results.reserve(kept.size());
  for (std::optional<T>& one : kept) results.push_back(std::move(*one));
  return results;
}

/// Runs one task to its end on `context`.
template <class T>
T run(asio::io_context& context, Task<T> task) {
  std::vector<Task<T>> tasks;
  tasks.push_back(std::move(task));
  return std::move(run_all<T>(context, std::move(tasks)).front());
}

/// Runs what is queued on `context` (a Feed's subscribers, say), until `done()`.
template <class Condition>
void run_until(asio::io_context& context, Condition done) {
  const auto guard = asio::make_work_guard(context);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  context.restart();
  while (!done()) {
    if (context.run_one_until(deadline) == 0) throw std::runtime_error("it does not happen");
  }
}

}  // namespace parley::chat::fakes
