#include "websocket/connection.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/utf8.hpp"
#include "net/timer.hpp"
#include "websocket/deflate.hpp"

namespace parley::websocket {
namespace {

/// What an inflated message counts for at least: what it costs to begin one.
constexpr std::size_t least_inflated = 256;

/// The frame that `plain` becomes on connections with deflate. A broadcast sends one frame to many
/// in a row: the last one is kept, so that it is compressed once a shard.
net::Frame compressed(const net::Frame& plain, const Head& head) {
  struct Last {
    net::Frame plain, packed;
  };
  thread_local Last last;
  if (last.plain != plain) {
    const std::string_view payload = std::string_view{*plain}.substr(head.size);
    auto packed =
        encode_frame(head.opcode, deflate_message(payload), {.fin = true, .compressed = true});
    last = {plain, std::make_shared<const std::string>(std::move(packed))};
  }
  return last.packed;
}

Ending ending_of(net::CloseCause cause) {
  switch (cause) {
    case net::CloseCause::peer:
      return Ending::peer_closed;
    case net::CloseCause::slow_consumer:
      return Ending::slow_consumer;
    case net::CloseCause::local:
    case net::CloseCause::error:
      break;
  }
  return Ending::lost;
}

}  // namespace

/// The wait for the peer's close frame.
struct Connection::Closing {
  net::Connection& net;
  net::Timer deadline;

  explicit Closing(net::Connection& connection)
      : net(connection),
        deadline(net::Timer::calling<&Closing::on_deadline>(connection.shard().timers(), *this)) {}
  void on_deadline() { net.close(); }
};

/// Bytes that wait for the connection's next turn.
struct Connection::Waiting {
  std::string bytes;
  net::Timer turn;

  Waiting(Connection& connection, std::span<const char> rest)
      : bytes(rest.begin(), rest.end()),
        turn(net::Timer::calling<&Connection::read_waiting>(connection.net_.shard().timers(),
                                                            connection)) {
    // For now itself it could fire many times in one run of the timers.
    turn.start(connection.net_.shard().now() + std::chrono::nanoseconds{1});
  }
};

Connection::Connection(net::Connection& net, Handler& handler, const Config& config, bool deflate)
    : net_(net), handler_(&handler), config_(&config), deflate_(deflate) {}

Connection::~Connection() { end(Ending::lost); }

void Connection::send_text(std::string_view text) { send_payload(Opcode::text, text); }
void Connection::send_binary(std::string_view bytes) { send_payload(Opcode::binary, bytes); }

void Connection::send_payload(Opcode opcode, std::string_view payload) {
  if (!is_open()) return;
  if (deflates(payload.size())) {
    net_.send(encode_frame(opcode, deflate_message(payload), {.fin = true, .compressed = true}));
    return;
  }
  std::string head;
  append_head(head, opcode, payload.size());
  net_.send(head);
  net_.send(payload);
}

void Connection::send(const net::Frame& frame) {
  if (!is_open()) return;
  Head head;
  net_.send(packs(*frame, head) ? compressed(frame, head) : frame);
}

void Connection::send(std::string_view frames) {
  if (!is_open()) return;
  if (!deflate_ || frames.size() < config_->deflate_threshold) return net_.send(frames);
  while (!frames.empty()) {
    const std::string_view frame = take_frame(frames);
    Head head;
    packs(frame, head) ? send_payload(head.opcode, frame.substr(head.size)) : net_.send(frame);
  }
}

bool Connection::packs(std::string_view frame, Head& head) const {
  return deflate_ && frame.size() >= config_->deflate_threshold &&
         read_head(frame, head) == HeadState::complete && !is_control(head.opcode) &&
         deflates(head.length);
}

bool Connection::deflates(std::uint64_t size) const {
  return deflate_ && size >= config_->deflate_threshold && size <= config_->deflate_most;
}

void Connection::close(std::optional<CloseCode> code) {
  if (!is_open()) return;
  handler_ = nullptr;
  net_.set_expendable(true);
  net_.send(encode_close(code));
  closing_ = std::make_unique<Closing>(net_);
  closing_->deadline.start(net_.shard().now() + config_->close_timeout);
}

void Connection::abort() {
  handler_ = nullptr;
  finish();
  net_.close();
}

void Connection::on_bytes(std::span<char> bytes) {
  if (waiting_) {
    waiting_->bytes.append(bytes.data(), bytes.size());
  } else {
    read(bytes);
  }
}

void Connection::read(std::span<char> bytes) {
  if (finished_) return;
  inflated_ = 0;
  for (const Config* config = nullptr; config != config_;) {
    config = config_;
    const ParserLimits limits{config->max_message, deflate_};
    const auto [failure, rest] = parser_.parse(bytes, limits, *this);
    if (failure) return fail(*failure);
    if (rest.empty() || finished_) return;
    bytes = rest;
  }
  waiting_ = std::make_unique<Waiting>(*this, bytes);
  net_.pause();
}

void Connection::read_waiting() {
  const auto waiting = std::move(waiting_);
  read(waiting->bytes);
  if (!waiting_ && !finished_) net_.resume();
}

void Connection::on_drained() {
  if (handler_) handler_->on_drained();
}

void Connection::on_closed(net::CloseCause cause) {
  finish();
  end(ending_of(cause));
}

bool Connection::on_message(Opcode opcode, std::span<char> payload, bool compressed) {
  const std::string_view bytes{payload.data(), payload.size()};
  // Closed from our side: only the peer's close frame is waited for.
  if (!is_open()) return !finished_;
  return compressed ? deliver_compressed(opcode, bytes) : deliver(opcode, bytes);
}

/// False where nothing more is to be read under the limits of before.
bool Connection::deliver(Opcode opcode, std::string_view payload) {
  const Config* config = config_;
  if (opcode == Opcode::text) {
    handler_->on_text(payload);
  } else {
    handler_->on_binary(payload);
  }
  return !finished_ && config == config_;
}

bool Connection::deliver_compressed(Opcode opcode, std::string_view payload) {
  const auto plain = inflate_message(payload, config_->max_message);
  const bool valid = plain && (opcode != Opcode::text || is_utf8(*plain));
  if (valid) {
    inflated_ += static_cast<std::uint32_t>(std::max(plain->size(), least_inflated));
    return deliver(opcode, *plain) && inflated_ < config_->inflate_share;
  }
  const bool too_large = !plain && plain.error().code == Errc::too_large;
  fail(too_large ? CloseCode::too_big : CloseCode::invalid_data);
  return false;
}

bool Connection::on_ping(std::string_view payload) {
  if (is_open()) net_.send(encode_frame(Opcode::pong, payload));
  return !finished_;
}

bool Connection::on_pong(std::string_view) { return !finished_; }

void Connection::on_close_frame(std::optional<std::uint16_t> code, std::string_view) {
  // An answer to our own close frame needs none in return.
  if (is_open()) net_.send(encode_close(code ? std::optional{CloseCode{*code}} : std::nullopt));
  finish();
  net_.close_after_flush();
  end(Ending::peer_closed);
}

void Connection::fail(CloseCode code) {
  if (is_open()) net_.send(encode_close(code));
  finish();
  net_.close_after_flush();
  end(Ending::protocol_error);
}

void Connection::finish() {
  finished_ = true;
  closing_.reset();
  waiting_.reset();
}

void Connection::end(Ending ending) {
  if (Handler* handler = std::exchange(handler_, nullptr)) handler->on_closed(ending);
}

}  // namespace parley::websocket
