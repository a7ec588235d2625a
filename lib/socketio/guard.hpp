#pragma once

#include <exception>
#include <string_view>
#include <utility>

#include "net/shard.hpp"

namespace parley::socketio {

/// Hands an application's exception to the shard, which reports and counts it under `where`, a
/// literal.
void report_exception(net::Shard& shard, std::string_view where, std::exception_ptr escaped);

/// Calls `work`, a handler of the application: what it throws is reported and goes no further.
template <class Work>
void guarded(net::Shard& shard, std::string_view where, Work&& work) {
  try {
    std::forward<Work>(work)();
  } catch (...) {
    report_exception(shard, where, std::current_exception());
  }
}

}  // namespace parley::socketio
