#include "http/access_log.hpp"

#include <memory>
#include <utility>

namespace parley::http {

namespace {
using Sink = std::function<void(const AccessRecord&)>;

/// Tells the sink when the answer is there, or when an exception passes by.
class Recording {
 public:
  Recording(std::shared_ptr<const Sink> sink, const Request& request)
      : sink_(std::move(sink)), begin_(std::chrono::steady_clock::now()) {
    record_.method = request.method;
    record_.route = request.route.empty() ? "unmatched" : request.route;
    record_.bytes_in = request.body.size();
    record_.status = 500;
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording() {
    if (abandoned_) return;
    const auto took = std::chrono::steady_clock::now() - begin_;
    record_.duration = std::chrono::duration_cast<std::chrono::microseconds>(took);
    (*sink_)(record_);
  }
  void answered(const Response& response) {
    record_.status = response.status;
    record_.bytes_out = response.body.size();
    abandoned_ = false;
  }
  void threw() { abandoned_ = false; }

 private:
  std::shared_ptr<const Sink> sink_;
  AccessRecord record_;
  std::chrono::steady_clock::time_point begin_;
  bool abandoned_ = true;  ///< The program ends while the handler waits: nobody is told.
};

Task<Response> answer(std::shared_ptr<const Sink> sink, Request request, Handler next) {
  Recording recording{std::move(sink), request};
  try {
    Response response = co_await next(std::move(request));
    recording.answered(response);
    co_return response;
  } catch (...) {
    recording.threw();
    throw;
  }
}
}  // namespace

Middleware access_log(std::function<void(const AccessRecord&)> sink) {
  auto shared = std::make_shared<const Sink>(std::move(sink));
  return [shared](Request request, Handler next) {
    return answer(shared, std::move(request), std::move(next));
  };
}

}  // namespace parley::http
