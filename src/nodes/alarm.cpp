#include "nodes/alarm.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace parley::nodes {

struct Alarm::Clock {
  explicit Clock(const Executor& executor) : timer(executor) {}

  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer;
  bool rang = false;
};

Alarm::Alarm(Executor executor) : clock_(std::make_shared<Clock>(executor)) {}

Alarm::~Alarm() = default;

Task<void> Alarm::sleep_until(SteadyTime deadline) {
  const auto clock = clock_;
  if (std::exchange(clock->rang, false)) co_return;
  boost::system::error_code ignored;
  constexpr asio::use_awaitable_t<Executor> token{};
  auto quietly = asio::redirect_error(token, ignored);
  clock->timer.expires_at(deadline);
  co_await clock->timer.async_wait(quietly);
  clock->rang = false;
}

void Alarm::ring() {
  clock_->rang = true;
  clock_->timer.cancel();
}

}  // namespace parley::nodes
