#include "jobs/signal.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace parley::jobs {

struct Signal::State {
  using Clock = std::chrono::steady_clock;
  explicit State(Executor executor) : timer(executor) {}

  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer;
  bool is_notified = false;
};

Signal::Signal(Executor executor) : state_(std::make_shared<State>(executor)) {}
Signal::~Signal() = default;

Task<void> Signal::wait(std::chrono::milliseconds limit) {
  const auto state = state_;
  if (!state->is_notified) {
    state->timer.expires_after(limit);
    boost::system::error_code cancelled;
    auto quietly = asio::redirect_error(asio::use_awaitable_t<Executor>{}, cancelled);
    co_await state->timer.async_wait(std::move(quietly));
  }
  state->is_notified = false;
}

void Signal::notify() {
  state_->is_notified = true;
  state_->timer.cancel();
}

}  // namespace parley::jobs
