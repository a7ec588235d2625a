#include "net/testing.hpp"

#include <utility>

namespace parley::net {

bool run_until(Shard& shard, const std::function<bool()>& done, std::chrono::milliseconds limit) {
  ShardScope scope{shard};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  auto& context = shard.context();
  context.restart();
  context.poll();
  while (!done()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    context.restart();
    context.run_one_until(
        std::min(deadline, std::chrono::steady_clock::now() + std::chrono::milliseconds{2}));
  }
  return true;
}

void run_ready(Shard& shard) {
  ShardScope scope{shard};
  shard.context().restart();
  while (shard.context().poll() > 0) shard.context().restart();
}

FakeConnection::FakeConnection(Shard& shard, ConnectionLimits limits)
    : shard_(shard), limits_(limits) {}
FakeConnection::~FakeConnection() = default;

void FakeConnection::feed(std::string_view bytes) {
  if (state_ == State::open) unread_.append(bytes);
  deliver();
  end_turn();
}

void FakeConnection::feed_in_pieces(std::string_view bytes, std::size_t size) {
  for (std::size_t at = 0; at < bytes.size(); at += size) feed(bytes.substr(at, size));
}

void FakeConnection::deliver() {
  if (paused_ || unread_.empty() || state_ != State::open || !protocol_) return;
  std::string bytes = std::exchange(unread_, {});
  protocol_->on_bytes(bytes);
}

void FakeConnection::drop(CloseCause cause) {
  end(cause);
  end_turn();
}

void FakeConnection::unblock() {
  blocked_ = false;
  end_turn();
}

std::string FakeConnection::take_sent() {
  end_turn();
  return std::exchange(sent_, {});
}

void FakeConnection::end_turn() {
  // A few turns at once: what on_drained sends or resume() uncovers is seen by the caller as well.
  for (int turn = 0; turn < 16; ++turn) {
    const auto retired = std::exchange(retired_, {});
    if (!blocked_ && !queued_.empty()) {
      sent_ += std::exchange(queued_, {});
      ++flushes_;
    }
    if (state_ == State::flushing && queued_.empty()) end(CloseCause::local);
    if (state_ == State::closed && protocol_ && !std::exchange(told_, true)) {
      protocol_->on_closed(cause_);
      protocol_.reset();
    }
    const bool drained = state_ == State::open && sent_in_turn_ && queued_.empty();
    if (drained) sent_in_turn_ = false;
    if (drained && protocol_) protocol_->on_drained();
    deliver();
  }
}

std::unique_ptr<FakeConnection> FakeConnection::arrive() {
  if (state_ != State::moved || !arrive_) return nullptr;
  auto arrived = std::make_unique<FakeConnection>(*target_, limits_);
  arrived->queued_ = std::exchange(queued_, {});
  const auto call = std::exchange(arrive_, nullptr);
  call(*arrived);
  arrived->end_turn();
  return arrived;
}

void FakeConnection::send(Frame frame, std::size_t offset) {
  if (offset < frame->size()) send(std::string_view{*frame}.substr(offset));
}

void FakeConnection::send(std::string_view bytes) {
  if (state_ != State::open || bytes.empty()) return;
  if (blocked_ && queued_.size() > limits_.most_queued(expendable_)) {
    end(CloseCause::slow_consumer);
    return;
  }
  queued_.append(bytes);
  sent_in_turn_ = true;
}

void FakeConnection::close_after_flush() {
  if (state_ == State::open) state_ = State::flushing;
}

void FakeConnection::close() { end(CloseCause::local); }

void FakeConnection::end(CloseCause cause) {
  if (state_ == State::closed || state_ == State::moved) return;
  state_ = State::closed;
  cause_ = cause;
  queued_.clear();
}

void FakeConnection::set_protocol(std::unique_ptr<Protocol> protocol) {
  if (protocol_) retired_.push_back(std::move(protocol_));
  protocol_ = std::move(protocol);
}

void FakeConnection::move_to(Shard& target, std::function<void(Connection&)> arrive) {
  if (state_ != State::open) return;
  state_ = State::moved;
  target_ = &target;
  arrive_ = std::move(arrive);
  if (protocol_) retired_.push_back(std::move(protocol_));
}

}  // namespace parley::net
