#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

#include "http/router.hpp"

namespace parley::http {

/// What may be told of a request: nothing that a user typed, owns or can be found by.
struct AccessRecord {
  Method method = Method::get;
  std::string_view route;  ///< The route's pattern, or "unmatched". Borrowed for the call.
  int status = 0;
  std::chrono::microseconds duration{};  ///< From the body's end to the answer.
  std::size_t bytes_in = 0;              ///< Of the request's body.
  std::size_t bytes_out = 0;             ///< Of the answer's body.
};

/// Calls `sink` on the request's shard after each answer of the chain. Use it first, so that it
/// sees what the other middlewares answer. A handler that throws is recorded as 500.
Middleware access_log(std::function<void(const AccessRecord&)> sink);

}  // namespace parley::http
