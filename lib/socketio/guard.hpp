#pragma once

#include <exception>
#include <string_view>
#include <utility>

#include "net/shard.hpp"

namespace parley::socketio {

/// Calls `work`, a handler of the application: what it throws is reported and counted by the shard
/// under `where`, a literal, and goes no further.
template <class Work>
void guarded(net::Shard& shard, std::string_view where, Work&& work) {
  try {
    std::forward<Work>(work)();
  } catch (...) {
    shard.report(where, std::current_exception());
  }
}

}  // namespace parley::socketio
