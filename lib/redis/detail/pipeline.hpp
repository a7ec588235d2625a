#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "redis/client.hpp"
#include "redis/detail/connection.hpp"
#include "redis/detail/waiter.hpp"

namespace parley::redis {

/// The calls of a client that wait for their replies, in the order in which they were written.
class Client::Link final : public detail::Connection {
 public:
  using Replies = std::vector<Reply>;
  using Waiter = detail::Waiter<Replies>;

  using Connection::Connection;

  /// Takes room for a call: the limits hold before anything is copied to the home shard. Any
  /// thread.
  Result<Done> admit(std::size_t commands, std::size_t bytes);
  /// A call that was admitted; without waiter nobody wants its replies. Any thread.
  void start(std::string bytes, std::size_t commands, std::unique_ptr<Waiter> waiter);
  /// Any thread.
  void drop(std::size_t commands) { dropped_.fetch_add(commands, std::memory_order_relaxed); }
  Counts counts() const;

 private:
  /// One call.
  struct Exchange {
    std::size_t commands = 0;
    std::unique_ptr<Waiter> waiter;
    SteadyTime deadline;
    Replies replies{};
    std::size_t size = 0;  ///< Of the replies.
  };

  void on_open() override { set_ready(); }
  Result<Done> on_reply(detail::SizedReply sized) override;
  void on_lost(const Error& reason) override;
  SteadyTime oldest_deadline() const override;
  void on_idle() override;

  void enter(std::string bytes, Exchange exchange);
  void finish(Exchange exchange, Result<Replies> result);

  std::deque<Exchange> waiting_;
  std::atomic<std::size_t> waiting_commands_{0};
  std::atomic<std::uint64_t> commands_{0}, failures_{0}, dropped_{0};
};

}  // namespace parley::redis
