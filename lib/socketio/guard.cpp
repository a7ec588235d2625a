#include "socketio/guard.hpp"

namespace parley::socketio {
namespace {

Task<void> rethrow(std::exception_ptr escaped) {
  std::rethrow_exception(std::move(escaped));
  co_return;
}

}  // namespace

void report_exception(net::Shard& shard, std::string_view where, std::exception_ptr escaped) {
  shard.spawn(where, rethrow(std::move(escaped)));
}

}  // namespace parley::socketio
