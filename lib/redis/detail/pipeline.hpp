#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
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

  Link(net::Shard& home, Config config, std::string_view name);

  /// Takes room for a call: the limits hold before anything is copied to the home shard. Any
  /// thread.
  Result<Done> admit(std::size_t commands, std::size_t bytes);
  /// A call that was admitted; without waiter nobody wants its replies. Any thread.
  void start(std::string bytes, std::size_t commands, std::unique_ptr<Waiter> waiter);
  /// Any thread.
  void drop(std::size_t commands) { dropped_.fetch_add(commands, std::memory_order_relaxed); }
  Counts counts() const;

  /// Any thread.
  std::optional<Refusal> refusal() const;
  bool is_refused() const { return is_refused_.load(std::memory_order_acquire); }
  void on_refusal(std::function<void(bool)> listener) {
    refusal_listeners_.push_back(std::move(listener));
  }

 private:
  /// One call.
  struct Exchange {
    std::size_t commands = 0;
    std::unique_ptr<Waiter> waiter;
    SteadyTime deadline;
    Replies replies{};
    std::size_t size = 0;  ///< Of the replies.
    bool is_probe = false;
  };

  void on_open() override;
  Result<Done> on_reply(detail::SizedReply sized) override;
  void on_lost(const Error& reason) override;
  SteadyTime oldest_deadline() const override;
  void on_idle() override;

  void enter(std::string bytes, Exchange exchange);
  void finish(Exchange exchange, Result<Replies> result);
  void ask(const Command& command, bool is_probe);
  void probe();
  void note_refusal(const std::string& reason);
  void note_acceptance();
  void tell(bool refused);

  std::deque<Exchange> waiting_;
  std::atomic<std::size_t> waiting_commands_{0};
  std::atomic<std::uint64_t> commands_{0}, failures_{0}, dropped_{0};

  net::Timer probe_;      ///< Runs while writes are refused.
  SteadyTime opened_at_;  ///< The present connection.
  std::vector<std::function<void(bool)>> refusal_listeners_;
  std::atomic<bool> is_refused_{false};
  mutable std::mutex refusal_mutex_;  ///< Guards refusal_, which other threads ask for.
  std::optional<Refusal> refusal_;
};

}  // namespace parley::redis
