#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "net/shard.hpp"
#include "net/timer.hpp"
#include "redis/config.hpp"
#include "redis/detail/resp.hpp"

namespace parley::redis::detail {

class Stream;

/// One connection to a server, made again with backoff whenever it is lost: connect, TLS, AUTH,
/// SELECT, CLIENT SETNAME, PING; then replies go to whoever derives from it. What is sent in one
/// loop turn leaves in one write. Lives on its home shard, except where it says otherwise; kept by
/// its coroutine there and by its owner.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(net::Shard& home, Config config, std::string_view name);
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Starts the coroutine. Once, any thread.
  void begin();
  /// For good: whoever waits gets closed. Home shard, or after the shards have stopped.
  void close();
  void on_state(std::function<void(bool)> listener) { listener_ = std::move(listener); }

  /// Any thread.
  bool is_ready() const { return ready_.load(std::memory_order_acquire); }
  bool is_closed() const { return closed_.load(std::memory_order_acquire); }
  std::string last_error() const;
  std::uint64_t connects() const { return connects_.load(std::memory_order_relaxed); }
  const Config& config() const { return config_; }
  net::Shard& home() { return home_; }

 protected:
  /// The server takes commands: between on_open and on_lost.
  bool is_open() const { return open_; }
  /// Queues the bytes of a command that `oldest_deadline` and `unwritten_` already know.
  void send(std::string_view bytes);
  /// Ends the present connection; on_lost is told why.
  void give_up(Error reason);
  /// The owner may be told that it works. Between on_open and on_lost.
  void set_ready();

  virtual void on_open() = 0;
  /// An error ends the connection.
  virtual Result<Done> on_reply(SizedReply sized) = 0;
  /// Whoever waits gets the reason. `open_` is false already.
  virtual void on_lost(const Error& reason) = 0;
  /// When the reply that is due first is too late; SteadyTime::max() when none is due.
  virtual SteadyTime oldest_deadline() const = 0;
  /// Config::idle_ping has passed: is the server still there?
  virtual void on_idle() = 0;

  /// Bytes that wait to be written: whoever sends adds, the write takes away. Any thread.
  std::atomic<std::size_t> unwritten_{0};

 private:
  struct Running;
  struct Sleep;
  static Task<void> run(Running running);
  Task<Error> live();
  Task<Error> read_replies(std::shared_ptr<Stream> stream);
  Task<void> pause(std::chrono::milliseconds duration);
  Result<Done> take(std::string_view bytes, ReplyReader& reader);
  Result<Done> on_hello(const Reply& reply);
  void say_hello();
  void expect(std::string_view command, std::span<const std::string> words);
  void opened();
  void lost(const Error& reason);
  void ended();
  void flush();
  void on_flushed(bool failed);
  void watch();
  void on_deadline();
  void on_open_timeout();
  void on_idle_timer();
  void set_error(std::string text);

  net::Shard& home_;
  const Config config_;
  const std::string name_;
  std::function<void(bool)> listener_;

  std::shared_ptr<Stream> stream_;  ///< While the coroutine has one.
  Sleep* sleep_ = nullptr;          ///< Of the coroutine, while it waits for the next attempt.
  std::optional<Error> reason_;     ///< Of give_up.
  std::vector<std::string> hello_;  ///< Commands of the handshake without a reply.
  std::string pending_;             ///< For the next write.
  std::size_t writing_ = 0;         ///< Bytes of the present one.
  bool flush_posted_ = false, open_ = false, ended_ = false, grace_ = false;
  net::Timer deadline_, open_timeout_, idle_;
  std::minstd_rand random_{std::random_device{}()};

  std::atomic<bool> ready_{false}, closed_{false};
  std::atomic<std::uint64_t> connects_{0};
  mutable std::mutex error_mutex_;  ///< Guards last_error_, which other threads ask for.
  std::string last_error_ = "not connected yet";
};

}  // namespace parley::redis::detail
