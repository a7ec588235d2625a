#include "engineio/polling.hpp"

#include <utility>

#include "base/utf8.hpp"
#include "engineio/fixed_packets.hpp"

namespace parley::engineio {
namespace {

constexpr int bad_request = 400;
constexpr int payload_too_large = 413;
/// Bytes of a body whose packets are read in one turn of the loop, as many as a WebSocket gives.
constexpr std::size_t share = 64 * 1024;

}  // namespace

void Polling::poll(std::shared_ptr<http::Exchange> exchange) {
  if (poll_) {
    answers_.empty(*exchange, bad_request);
    return owner_.on_polling_end(CloseReason::transport_error);
  }
  poll_ = std::move(exchange);
  if (queue_.empty() && hurrying_) queue_.push_back(FixedPackets::all().noop);
  if (!queue_.empty()) return flush();
  watch(poll_);
  set_expendable(expendable_);
}

void Polling::begin_post(std::shared_ptr<http::Exchange> exchange) {
  const bool binary =
      exchange->request().headers.find("content-type") == "application/octet-stream";
  if (binary || post_ || reading_) {
    answers_.empty(*exchange, bad_request);
    return owner_.on_polling_end(CloseReason::transport_error);
  }
  post_ = std::move(exchange);
  watch(post_);
}

void Polling::post(const std::shared_ptr<http::Exchange>& exchange) {
  if (post_ != exchange) return;
  const auto alive = shared_from_this();
  // From here on its peer is not needed any more: whoever ends the session meanwhile leaves it its
  // answer.
  post_.reset();
  const std::string_view payload = exchange->request().body;
  reading_.emplace(Reading{exchange, PayloadReader{payload}});
  if (!is_utf8(payload)) return owner_.on_polling_end(CloseReason::parse_error);
  read_share();
}

void Polling::read_share() {
  if (!reading_) return;
  const auto alive = shared_from_this();
  const auto exchange = reading_->exchange;  // holds the packets' bytes, also when the session ends
  const std::size_t left = reading_->reader.left();
  while (reading_ && !reading_->reader.at_end()) {
    if (left - reading_->reader.left() >= share) {
      return shard_.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->read_share();
      });
    }
    const auto element = reading_->reader.next();
    if (!element) return owner_.on_polling_end(CloseReason::parse_error);
    const bool more = element->is_binary ? owner_.on_binary_packet(element->bytes)
                                         : owner_.on_packet(element->packet);
    if (!more) break;
  }
  end_reading();
}

void Polling::end_reading() {
  if (!reading_) return;
  const auto exchange = std::exchange(reading_, std::nullopt)->exchange;
  answers_.ok(*exchange);
}

void Polling::refuse_post(http::Exchange& exchange) {
  if (post_.get() == &exchange) post_.reset();
  answers_.empty(exchange, payload_too_large);
}

void Polling::watch(const std::shared_ptr<http::Exchange>& exchange) {
  exchange->on_abort([weak = weak_from_this(), which = exchange.get()] {
    if (const auto self = weak.lock()) self->on_abort(which);
  });
}

void Polling::on_abort(const http::Exchange* exchange) {
  if (poll_.get() != exchange && post_.get() != exchange) return;
  if (poll_.get() == exchange) poll_.reset();
  if (post_.get() == exchange) post_.reset();
  owner_.on_polling_end(CloseReason::transport_error);
}

void Polling::send(std::span<const Message> messages) {
  for (const Message& message : messages) {
    queued_bytes_ += message.payload().size();
    queue_.push_back(message);
  }
  schedule_flush();
}

/// Not at once: what the application sends in this turn leaves in one answer instead of one packet
/// now and the others with the client's next GET.
void Polling::schedule_flush() {
  if (flush_scheduled_ || !poll_) return;
  flush_scheduled_ = true;
  shard_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->flush_scheduled_ = false;
    self->flush();
  });
}

void Polling::flush() {
  if (!poll_ || queue_.empty()) return;
  const auto poll = std::exchange(poll_, nullptr);
  answers_.payload(*poll, encode_queue());
  owner_.on_polling_drained();
}

std::string Polling::encode_queue() {
  std::string payload;
  payload.reserve(queued_bytes_ + queue_.size());
  for (const Message& message : queue_) append_packet(payload, message);
  take_queue();
  return payload;
}

void Polling::set_hurrying(bool hurrying) {
  hurrying_ = hurrying;
  if (!hurrying || !poll_ || !queue_.empty()) return;
  queue_.push_back(FixedPackets::all().noop);
  flush();
}

void Polling::set_expendable(bool expendable) {
  expendable_ = expendable;
  if (poll_) poll_->connection().set_expendable(expendable);
}

bool Polling::finish(LastWord last) {
  if (const auto post = std::exchange(post_, nullptr)) post->abort();
  end_reading();
  const auto poll = std::exchange(poll_, nullptr);
  if (!poll) return false;
  if (last == LastWord::noop) take_queue();
  queue_.push_back(last == LastWord::close ? FixedPackets::all().close : FixedPackets::all().noop);
  answers_.payload(*poll, encode_queue());
  return true;
}

void Polling::answer_late(http::Exchange& exchange, LastWord last) {
  if (queue_.empty() || last == LastWord::noop) queue_ = {FixedPackets::all().noop};
  if (last == LastWord::close) queue_.push_back(FixedPackets::all().close);
  answers_.payload(exchange, encode_queue());
}

std::vector<Message> Polling::take_queue() {
  queued_bytes_ = 0;
  return std::exchange(queue_, {});
}

}  // namespace parley::engineio
