#include "engineio/heartbeat.hpp"

namespace parley::engineio {

Heartbeat::Action Heartbeat::on_tick(SteadyTime now) {
  if (now < deadline_) return Action::none;
  if (waiting_) return Action::give_up;
  // A timer that is a little late does not move the end; after a stall of ours the peer gets its
  // whole time.
  const bool stalled = now - deadline_ > config_.timeout / 2;
  deadline_ = (stalled ? now : deadline_) + config_.timeout;
  waiting_ = true;
  extended_ = false;
  return Action::ping;
}

void Heartbeat::on_pong(SteadyTime now) {
  waiting_ = false;
  deadline_ = now + config_.interval;
}

void Heartbeat::on_packet(SteadyTime now) {
  if (!waiting_ || extended_) return;
  extended_ = true;
  deadline_ = now + config_.timeout;
}

void Heartbeat::on_swap(SteadyTime now) {
  if (waiting_) deadline_ = now + config_.timeout;
}

}  // namespace parley::engineio
