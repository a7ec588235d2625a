#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/service.hpp"
#include "net/testing.hpp"

namespace parley::http {

/// A client of a Service without network: what it says and what it is answered, in the test's own
/// thread.
class FakeClient {
 public:
  FakeClient(net::Shard& shard, Service& service) : shard_(shard), connection_(shard) {
    connection_.set_protocol(service.protocol(connection_));
  }

  /// Sends the bytes, runs what is ready, and gives what was answered by then.
  std::string ask(std::string_view bytes) {
    net::ShardScope scope{shard_};
    connection_.feed(bytes);
    return answer();
  }
  /// Runs what is ready on the shard, and gives what was answered since.
  std::string answer() {
    net::run_ready(shard_);
    return connection_.take_sent();
  }
  net::FakeConnection& connection() { return connection_; }
  bool is_closed() const { return connection_.is_closed(); }

 private:
  net::Shard& shard_;
  net::FakeConnection connection_;
};

}  // namespace parley::http
