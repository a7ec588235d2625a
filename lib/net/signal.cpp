#include "net/signal.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "net/steady_timer.hpp"

namespace parley::net {

struct Signal::State {
  explicit State(Executor executor) : timer(executor) {}

  SteadyTimer timer;
  bool is_notified = false;
};

Signal::Signal(Executor executor) : state_(std::make_shared<State>(executor)) {}
Signal::~Signal() = default;

Task<void> Signal::wait_until(SteadyTime deadline) {
  const auto state = state_;
  if (!state->is_notified) {
    state->timer.expires_at(deadline);
    boost::system::error_code cancelled;
    auto quietly = asio::redirect_error(asio::use_awaitable_t<Executor>{}, cancelled);
    co_await state->timer.async_wait(std::move(quietly));
  }
  state->is_notified = false;
}

Task<void> Signal::wait(std::chrono::milliseconds limit) {
  return wait_until(std::chrono::steady_clock::now() + limit);
}

void Signal::notify() {
  state_->is_notified = true;
  state_->timer.cancel();
}

}  // namespace parley::net
