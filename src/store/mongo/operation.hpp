#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "chat/ports/message_store.hpp"
#include "chat/ports/receipt_store.hpp"
#include "store/mongo/feed.hpp"

namespace parley::store::mongo {

struct AppendWork {
  chat::NewMessage draft;
  std::optional<Result<chat::Appended>> answer;
  std::optional<chat::MessageId> id =
      {};  ///< From its first round on: by it what is stored is found.
  std::optional<SteadyTime> until = {};  ///< Rounds after it leave it to no other one.
};
struct DeliverWork {
  std::vector<chat::DeliveryMark> marks;
  Time now;
  std::optional<Result<Done>> answer;
};
struct ReadWork {
  chat::UserId reader;
  chat::MessageId message;
  Time now;
  std::optional<Result<Done>> answer;
};
/// The document of a conversation is behind its messages, or they behind it.
struct RepairWork {
  chat::ConversationId conversation;
  std::optional<Result<Done>> answer;
};
using Work = std::variant<AppendWork, DeliverWork, ReadWork, RepairWork>;

/// One write that somebody asked for.
class Operation : public Waiting {
 public:
  explicit Operation(Work asked) : work(std::move(asked)) {}
  /// Takes the place of an answer that is not there.
  void fail(const Error& error) {
    std::visit(
        [&](auto& one) {
          if (!one.answer) one.answer.emplace(error);
        },
        work);
  }

  bool is_answered() const {
    return std::visit([](const auto& one) { return one.answer.has_value(); }, work);
  }

  Work work;
};
using OperationPtr = std::unique_ptr<Operation>;
using Operations = std::vector<OperationPtr>;

/// One that nobody waits for.
class Errand final : public Operation {
 public:
  using Operation::Operation;
  void complete() override {}
  const Executor* executor() const override { return nullptr; }
};

/// One that a coroutine waits for. `Kind` is the alternative of Work, T the value of its answer.
template <class Kind, class T, class Handler>
class Call final : public Operation {
 public:
  Call(Kind asked, Handler handler)
      : Operation(std::move(asked)),
        handler_(std::move(handler)),
        guard_(asio::get_associated_executor(handler_)),
        executor_(asio::get_associated_executor(handler_)) {}

  void complete() override {
    Handler handler = std::move(handler_);
    handler(std::move(*std::get_if<Kind>(&work)->answer));
  }
  const Executor* executor() const override { return &executor_; }

 private:
  Handler handler_;
  asio::executor_work_guard<Executor> guard_;  // else a context with nothing but this would return
  Executor executor_;
};

template <class Submit, class Kind, class T>
struct Initiation {
  Submit* target;

  template <class Handler>
  void operator()(Handler handler, Kind work) {
    target->submit(std::make_unique<Call<Kind, T, Handler>>(std::move(work), std::move(handler)));
  }
};

/// Hands `work` to `target` (a Writer) as soon as the coroutine waits for it, and resumes it on its
/// own executor with the answer.
template <class T, class Target, class Kind>
Task<Result<T>> submit(Target& target, Kind work) {
  asio::use_awaitable_t<Executor> token;
  return asio::async_initiate<asio::use_awaitable_t<Executor>, void(Result<T>)>(
      Initiation<Target, Kind, T>{&target}, token, std::move(work));
}

}  // namespace parley::store::mongo
