#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/loop.hpp"

namespace parley::load {

struct RestAnswer {
  int status = 0;    ///< 0: the connection broke before the answer was there.
  std::string body;  ///< Or why it broke.
};

/// One HTTP/1.1 response out of a stream's bytes. Needs a Content-Length, as every answer of the
/// contract has one. Heads up to 64 KiB, bodies up to 64 MiB.
class ResponseReader {
 public:
  /// A whole answer, whose bytes are then dropped; nullopt: more is needed. With status 0 the
  /// stream cannot be read on.
  std::optional<RestAnswer> take(std::string_view bytes);

 private:
  std::string text_;
};

struct RestCall {
  std::string method;
  std::string path;
  std::string token;  ///< Empty: none.
  std::string body;   ///< JSON; empty: none.
  std::function<void(const RestAnswer&)> done;
};
/// The bytes of a request.
std::string request_of(const RestCall& call, std::string_view host);

/// REST calls over a few kept connections; calls wait their turn. `done` may add calls.
class RestPool {
 public:
  RestPool(Loop& loop, const Address& address, std::size_t connections);
  ~RestPool();

  void call(RestCall call);
  /// Calls that have not been answered.
  std::size_t open() const { return open_; }

 private:
  class Line;
  void next(Line& line);

  Loop& loop_;
  const Address& address_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::vector<Line*> free_;
  std::deque<RestCall> waiting_;
  std::size_t open_ = 0;
};

}  // namespace parley::load
