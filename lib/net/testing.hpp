#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/connection.hpp"

namespace parley::net {

/// Drives a shard that has no thread in the calling thread until `done` holds. False when `limit`
/// passed first. With limit 0: runs what is ready, once, and says whether `done` holds then.
bool run_until(Shard& shard, const std::function<bool()>& done,
               std::chrono::milliseconds limit = std::chrono::seconds{10});

/// Runs what is ready on a shard without thread, until nothing is.
void run_ready(Shard& shard);

/// A connection without network, for tests of protocols: `feed` plays the peer, `take_sent` shows
/// what it would have received. Keeps the promises of Connection: on_closed and on_drained come at
/// the end of a turn, replaced protocols die there. The shard has no thread.
class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(Shard& shard, ConnectionLimits limits = {});
  ~FakeConnection() override;

  // The peer's side:

  /// Bytes from the peer, then the end of the turn. While paused they wait for resume().
  void feed(std::string_view bytes);
  /// The same, `size` bytes a turn.
  void feed_in_pieces(std::string_view bytes, std::size_t size = 1);
  /// The peer goes away.
  void drop(CloseCause cause = CloseCause::peer);
  /// The peer stops taking bytes until unblock().
  void block() { blocked_ = true; }
  void unblock();
  /// Ends the turn, then gives everything that the peer has received since the last call.
  std::string take_sent();
  /// Flushes, calls on_drained and on_closed, destroys replaced protocols.
  void end_turn();

  /// After move_to: the connection as it arrives on the target, `arrive` called with it. nullptr
  /// before.
  std::unique_ptr<FakeConnection> arrive();
  Shard* moved_to() const { return target_; }
  /// close_after_flush was called and everything has left, or close was called.
  bool is_closed() const { return state_ == State::closed; }
  bool is_paused() const { return paused_; }
  bool is_expendable() const { return expendable_; }
  Protocol* protocol() { return protocol_.get(); }
  /// Sends that would have reached the kernel: turns in which something left.
  std::size_t flushes() const { return flushes_; }

  // Connection:

  void send(Frame frame, std::size_t offset = 0) override;
  void send(std::string_view bytes) override;
  void close_after_flush() override;
  void close() override;
  bool is_open() const override { return state_ == State::open; }
  void pause() override { paused_ = true; }
  void resume() override { paused_ = false; }
  void set_protocol(std::unique_ptr<Protocol> protocol) override;
  void move_to(Shard& target, std::function<void(Connection&)> arrive) override;
  void set_expendable(bool expendable) override { expendable_ = expendable; }
  std::shared_ptr<void> take_place() override { return std::make_shared<bool>(true); }
  Shard& shard() override { return shard_; }
  std::size_t queued_bytes() const override { return queued_.size(); }
  bool is_writable() const override { return is_open() && !blocked_; }
  const std::string& peer() const override { return peer_; }
  std::uint16_t peer_port() const override { return 50000; }

 private:
  enum class State { open, flushing, closed, moved };
  void end(CloseCause cause);
  void deliver();

  Shard& shard_;
  ConnectionLimits limits_;
  std::unique_ptr<Protocol> protocol_;
  std::vector<std::unique_ptr<Protocol>> retired_;
  std::string unread_, queued_, sent_;
  const std::string peer_ = "192.0.2.1";
  State state_ = State::open;
  CloseCause cause_ = CloseCause::local;
  bool expendable_ = true;
  bool paused_ = false, blocked_ = false, sent_in_turn_ = false, told_ = false;
  std::size_t flushes_ = 0;
  Shard* target_ = nullptr;
  std::function<void(Connection&)> arrive_;
};

}  // namespace parley::net
