#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>

#include "base/task.hpp"

namespace parley::net {

/// A timer that a coroutine awaits, for what happens now and then. What happens per connection has
/// a Timer, which needs no allocation.
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace parley::net
