#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/result.hpp"
#include "base/task.hpp"
#include "store/embedded/committer.hpp"

namespace parley::store::embedded {

/// Whether a call begins a batch, or goes with the next one.
enum class Haste : std::uint8_t { now, can_wait };

/// An operation that a coroutine waits for. `Work` gives Result<T> for a Transaction.
template <class T, class Work, class Handler>
class Call final : public Operation {
 public:
  Call(Work work, Handler handler, Haste haste)
      : haste_(haste),
        work_(std::move(work)),
        handler_(std::move(handler)),
        guard_(asio::get_associated_executor(handler_)),
        executor_(asio::get_associated_executor(handler_)) {}

  void execute(Transaction& transaction) override { result_.emplace(work_(transaction)); }
  void fail(const Error& error) override { result_.emplace(error); }
  void complete() override {
    Handler handler = std::move(handler_);
    handler(std::move(*result_));
  }
  const Executor* executor() const override { return &executor_; }
  bool can_wait() const override { return haste_ == Haste::can_wait; }

 private:
  Haste haste_;
  Work work_;
  Handler handler_;
  /// An io_context with nothing but this to wait for would return.
  asio::executor_work_guard<Executor> guard_;
  Executor executor_;
  std::optional<Result<T>> result_;
};

/// An operation that nobody waits for.
template <class Work>
class Errand final : public Operation {
 public:
  explicit Errand(Work work) : work_(std::move(work)) {}
  void execute(Transaction& transaction) override { work_(transaction); }
  void fail(const Error&) override {}
  void complete() override {}
  const Executor* executor() const override { return nullptr; }

 private:
  Work work_;
};

/// Hands a call to the committer as soon as the coroutine waits for it.
template <class T>
struct Initiation {
  Committer* committer;
  Haste haste;

  template <class Handler, class Work>
  void operator()(Handler handler, Work work) {
    committer->submit(
        std::make_unique<Call<T, Work, Handler>>(std::move(work), std::move(handler), haste));
  }
};

/// Runs `work` on the committer thread and resumes the waiting coroutine on its own executor when
/// all that `work` put is durable.
template <class T, class Work>
Task<Result<T>> submit(Committer& committer, Work work, Haste haste = Haste::now) {
  asio::use_awaitable_t<Executor> token;
  return asio::async_initiate<asio::use_awaitable_t<Executor>, void(Result<T>)>(
      Initiation<T>{&committer, haste}, token, std::move(work));
}

/// The same for work that nobody waits for.
template <class Work>
void submit_errand(Committer& committer, Work work) {
  committer.submit(std::make_unique<Errand<Work>>(std::move(work)));
}

}  // namespace parley::store::embedded
