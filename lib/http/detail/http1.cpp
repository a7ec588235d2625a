#include "http/detail/http1.hpp"

#include <cassert>
#include <utility>

#include "http/detail/response_writer.hpp"

namespace parley::http::detail {

namespace {
/// Bodies from here on are sent as they are instead of being copied behind their head.
constexpr std::size_t own_frame_from = 16 * 1024;
/// Of pipelined requests whose answers are there at once; the rest wait until others had their
/// turn.
constexpr std::uint8_t most_at_once = 8;
/// Bytes of answers that the peer has not taken, with which no further request is begun.
constexpr std::size_t most_answers = 32 * 1024;
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";
}  // namespace

Http1::Http1(Service::Core& core, net::Connection& connection)
    : core_(core),
      connection_(connection),
      timer_(net::Timer::calling<&Http1::on_deadline>(connection.shard().timers(), *this)) {
  core_.at(connection.shard()).connections.push_back(*this);
  set_deadlines();
}

Http1::~Http1() {
  if (exchange_) exchange_->detach();
}

// Reading.

void Http1::on_bytes(std::span<char> bytes) {
  if (state_ == State::ended) return;
  if (state_ == State::waiting) {
    input_.append(bytes.data(), bytes.size());
    settle();
  } else if (input_.empty()) {
    process({bytes.data(), bytes.size()});
  } else {
    input_.append(bytes.data(), bytes.size());
    process_input();
  }
}

void Http1::on_drained() {
  if (std::exchange(waits_for_peer_, false)) go_on_soon();
}

void Http1::process_input() {
  const std::string bytes = std::exchange(input_, {});
  process(bytes);
}

void Http1::process(std::string_view bytes) {
  rest_ = bytes;
  processing_ = true;
  resume_soon_ = false;
  waits_for_peer_ = false;
  begun_ = 0;
  while (step()) {
  }
  processing_ = false;
  if (state_ != State::ended) input_.assign(rest_);
  rest_ = {};
  settle();
}

bool Http1::step() {
  switch (state_) {
    case State::head:
      return step_head();
    case State::body:
      return step_body();
    case State::waiting:
    case State::ended:
      break;
  }
  return false;
}

bool Http1::step_head() {
  // Empty lines before a request are passed over (RFC 9112 section 2.2).
  while (scanned_ == 0 && rest_.starts_with("\r\n")) rest_.remove_prefix(2);
  if (rest_.empty() || rest_ == "\r") return false;
  if (begun_ == most_at_once) {
    go_on_soon();
    return false;
  }
  if (connection_.queued_bytes() > most_answers) {
    waits_for_peer_ = true;
    head_begun_ = false;
    return false;
  }
  const HeadScan scan = scan_head(rest_, scanned_);
  if (scan.malformed) {
    refuse(400, "Malformed request");
    return false;
  }
  if (scan.size > core_.config.max_head ||
      (scan.size == 0 && rest_.size() >= core_.config.max_head)) {
    refuse(431, "The request's header fields are too large");
    return false;
  }
  if (scan.size == 0) {
    scanned_ = rest_.size();
    return false;
  }
  scanned_ = 0;
  auto parser = std::make_unique<RequestParser>();
  Request request;
  const auto refused = parser->read_head(rest_.substr(0, scan.size), request);
  rest_.remove_prefix(scan.size);
  if (refused) {
    refuse(refused->status, refused->message);
    return false;
  }
  begin(std::move(parser), std::move(request));
  return true;
}

bool Http1::step_body() {
  const auto exchange = exchange_;
  const auto read =
      exchange->parser->read_body(rest_, exchange->request().body, exchange->max_body);
  rest_.remove_prefix(read.used);
  switch (read.state) {
    case RequestParser::Body::needs_more:
      // What is left is half a chunk's head or half of the trailers.
      if (rest_.size() > core_.config.max_head) end_exchange_by_fault(400, "Malformed body");
      return false;
    case RequestParser::Body::malformed:
      end_exchange_by_fault(400, "Malformed body");
      return false;
    case RequestParser::Body::too_large:
      too_large(exchange);
      return false;
    case RequestParser::Body::complete:
      break;
  }
  state_ = State::waiting;
  exchange->body_read = true;
  hand_over(exchange);
  return true;
}

void Http1::begin(std::unique_ptr<RequestParser> parser, Request request) {
  served_ = true;
  ++begun_;
  if (parser->expectation() == RequestParser::Expectation::unknown) {
    refuse(417, "Expectation failed");
    return;
  }
  core_.at(connection_.shard()).requests.add();
  request.peer = connection_.peer();
  request.secure = connection_.is_secure();
  core_.proxies.resolve(request);
  Endpoint& endpoint = core_.router.find(request);
  exchange_ =
      std::make_shared<Http1Exchange>(*this, std::move(parser), std::move(request), endpoint);
  dispatch();
}

void Http1::dispatch() {
  const auto exchange = exchange_;
  const RequestParser& parser = *exchange->parser;
  const bool has_body = parser.has_body();
  const auto length = parser.content_length();
  exchange->body_read = !has_body;
  state_ = State::waiting;
  exchange->endpoint.on_head(exchange);
  if (!exchange->is_open()) return;
  if (!has_body || exchange->leaves_body) {
    hand_over(exchange);
    return;
  }
  if (length && *length > exchange->max_body) {
    too_large(exchange);
    return;
  }
  if (parser.expectation() == RequestParser::Expectation::continue_100 && rest_.empty()) {
    connection_.send(continue_line);
  }
  state_ = State::body;
  timer_.start(connection_.shard().now() + patience(core_.config.body_timeout));
}

/// All of a request that is read. Until its answer the connection is no longer like one that says
/// nothing.
void Http1::hand_over(const std::shared_ptr<Http1Exchange>& exchange) {
  connection_.set_expendable(false);
  exchange->endpoint.on_body(exchange);
}

void Http1::too_large(const std::shared_ptr<Http1Exchange>& exchange) {
  state_ = State::waiting;
  connection_.set_expendable(false);
  exchange->endpoint.on_too_large(exchange);
}

/// After each batch of bytes, and after each answer: deadlines and back-pressure.
void Http1::settle() {
  if (state_ == State::ended) return;
  if (input_.empty() && input_.capacity() > 64) input_ = {};
  const bool must_wait = state_ == State::waiting || resume_soon_ || waits_for_peer_;
  const bool pause = must_wait && input_.size() > core_.config.max_head;
  if (pause != paused_) {
    paused_ = pause;
    pause ? connection_.pause() : connection_.resume();
  }
  set_deadlines();
}

void Http1::set_deadlines() {
  if (state_ == State::waiting || waits_for_peer_) timer_.stop();
  if (waits_for_peer_ || state_ != State::head || resume_soon_) return;
  const bool begins = !input_.empty() || !served_;
  if (begins && head_begun_) return;
  head_begun_ = begins;
  timer_.start(connection_.shard().now() +
               (begins ? patience(core_.config.head_timeout) : core_.config.keep_alive));
}

std::chrono::milliseconds Http1::patience(std::chrono::milliseconds otherwise) const {
  const bool draining = core_.draining.load(std::memory_order_relaxed);
  return draining ? std::min(otherwise, core_.config.draining_timeout) : otherwise;
}

void Http1::on_deadline() {
  if (std::exchange(resume_soon_, false)) {
    process_input();
    return;
  }
  if (state_ == State::body) {
    core_.at(connection_.shard()).timeouts.add();
    end_exchange_by_fault(408, "The request body did not come in time");
  } else if (state_ == State::head && served_ && input_.empty()) {
    connection_.close_after_flush();
    end();
  } else if (state_ == State::head) {
    core_.at(connection_.shard()).timeouts.add();
    refuse(408, "The request did not come in time");
  }
}

// Answering.

void Http1::write(const Response& response, bool close, bool keep_alive_field, bool head_only) {
  const Framing framing{close, keep_alive_field, head_only};
  std::string out = write_head(response, core_.config.fixed_headers, framing, http_date());
  if (has_body(response, framing)) out += response.body;
  connection_.send(std::make_shared<const std::string>(std::move(out)));
}

void Http1::finish(Http1Exchange& exchange, Response response) {
  const auto held = std::move(exchange_);
  exchange.detach();
  const bool asked_to_stay = exchange.parser->keep_alive();
  const bool close =
      !asked_to_stay || !exchange.body_read || core_.draining.load(std::memory_order_relaxed);
  const Framing framing{close, asked_to_stay && exchange.parser->is_http_1_0(), exchange.head_only};
  if (has_body(response, framing) && response.body.size() >= own_frame_from) {
    connection_.send(write_head(response, core_.config.fixed_headers, framing, http_date()));
    connection_.send(std::make_shared<const std::string>(std::move(response.body)));
  } else {
    write(response, framing.close, framing.keep_alive, framing.head_only);
  }
  if (close) {
    connection_.close_after_flush();
    end();
    return;
  }
  connection_.set_expendable(true);
  state_ = State::head;
  head_begun_ = false;
  if (processing_) return;
  if (!input_.empty()) go_on_soon();  // not from here: the caller may be anybody
  settle();
}

/// With the request that waits in input_, in a later turn.
void Http1::go_on_soon() {
  resume_soon_ = true;
  // For now itself it could fire many times in one run of the timers, if there are many.
  timer_.start(connection_.shard().now() + std::chrono::nanoseconds{1});
}

void Http1::refuse(int status, std::string_view message) {
  if (status != 408) core_.at(connection_.shard()).refused.add();
  constexpr std::string_view code = "bad_request";
  write(Response::failure(status, status == 408 ? "timeout" : code, message), true, false, false);
  connection_.close_after_flush();
  end();
}

/// The body is broken or late: the endpoint hears of it as of a peer that went away.
void Http1::end_exchange_by_fault(int status, std::string_view message) {
  const auto exchange = std::move(exchange_);
  refuse(status, message);
  if (exchange) exchange->fail();
}

// The end.

void Http1::end() {
  state_ = State::ended;
  timer_.stop();
  resume_soon_ = false;
  input_ = {};
  rest_ = {};
}

void Http1::on_closed(net::CloseCause) {
  const auto exchange = std::move(exchange_);
  end();
  if (exchange) exchange->fail();
}

void Http1::abort() {
  const auto exchange = std::move(exchange_);
  exchange->detach();
  end();
  connection_.close();
}

void Http1::drain() {
  const bool has_begun = state_ == State::body || (state_ == State::head && !input_.empty());
  if (has_begun && !resume_soon_ && !waits_for_peer_) {
    timer_.start(connection_.shard().now() + core_.config.draining_timeout);
  }
  if (state_ != State::head || !input_.empty()) return;  // its answer will close it
  connection_.close_after_flush();
  end();
}

std::string Http1::take_rest() { return processing_ ? std::string{rest_} : std::move(input_); }

net::Connection& Http1::take_over(std::string& leftover) {
  const auto exchange = std::move(exchange_);
  exchange->detach();
  leftover = take_rest();
  if (std::exchange(paused_, false)) connection_.resume();
  end();
  unlink();
  return connection_;
}

void Http1::move_to(net::Shard& target, Http1Exchange& exchange) {
  assert(processing_);
  struct Luggage {
    std::unique_ptr<RequestParser> parser;
    Request request;
    Endpoint& endpoint;
    std::string rest;
  };
  const auto held = std::move(exchange_);
  exchange.detach();
  auto luggage = std::make_shared<Luggage>(Luggage{
      std::move(exchange.parser), std::move(exchange.request()), exchange.endpoint, take_rest()});
  end();
  unlink();
  connection_.move_to(target, [&core = core_, luggage](net::Connection& here) {
    auto protocol = std::make_unique<Http1>(core, here);
    Http1& arrived = *protocol;
    here.set_protocol(std::move(protocol));
    arrived.arrive(std::move(luggage->parser), std::move(luggage->request), luggage->endpoint,
                   std::move(luggage->rest));
  });
}

void Http1::arrive(std::unique_ptr<RequestParser> parser, Request request, Endpoint& endpoint,
                   std::string rest) {
  served_ = true;
  exchange_ =
      std::make_shared<Http1Exchange>(*this, std::move(parser), std::move(request), endpoint);
  rest_ = rest;
  processing_ = true;
  dispatch();
  process(rest_);
}

// The exchange.

void Http1Exchange::respond(Response response) {
  if (protocol_ != nullptr) protocol_->finish(*this, std::move(response));
}

void Http1Exchange::abort() {
  if (protocol_ != nullptr) protocol_->abort();
}

void Http1Exchange::on_abort(std::function<void()> callback) {
  if (failed_) {
    callback();
  } else if (protocol_ != nullptr) {
    on_abort_ = std::move(callback);
  }
}

void Http1Exchange::fail() {
  protocol_ = nullptr;
  failed_ = true;
  if (const auto callback = std::exchange(on_abort_, nullptr)) callback();
}

net::Connection& Http1Exchange::take_over(std::string& leftover) {
  assert(protocol_ != nullptr && body_read);
  return protocol_->take_over(leftover);
}

void Http1Exchange::move_to(net::Shard& target) {
  assert(protocol_ != nullptr);
  protocol_->move_to(target, *this);
}

net::Connection& Http1Exchange::connection() {
  assert(protocol_ != nullptr);
  return protocol_->connection();
}

}  // namespace parley::http::detail
