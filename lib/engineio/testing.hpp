#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engineio/server.hpp"
#include "engineio/session.hpp"

namespace parley::engineio {

/// A session without a network, for tests of the layer above: records what is sent and plays the
/// client. Needs a net::Shard, not its thread. Used from one thread.
class FakeSession final : public Session {
 public:
  explicit FakeSession(net::Shard& shard, std::string id = "AAfakefakefakefake00",
                       Handshake handshake = {})
      : shard_(shard), id_(std::move(id)), handshake_(std::move(handshake)) {}

  /// Asks `application` for the handler, as the server does for a new client. False when it
  /// refuses.
  bool open(Application& application) {
    handler_ = application.on_session(*this);
    if (!handler_) close();
    return handler_ != nullptr;
  }
  void set_handler(std::unique_ptr<SessionHandler> handler) { handler_ = std::move(handler); }

  /// The client sends a message; nothing happens once the session is closed.
  void feed_text(std::string_view text) {
    if (is_open() && handler_) handler_->on_text(text);
  }
  void feed_binary(std::string_view bytes) {
    if (is_open() && handler_) handler_->on_binary(bytes);
  }
  /// What was sent so far has left: writable again, nothing queued, on_drain.
  void drain() {
    queued_bytes_ = 0;
    writable_ = true;
    if (is_open() && handler_) handler_->on_drain();
  }
  /// A client that does not read (false): for volatile events and slow consumers.
  void set_writable(bool writable) { writable_ = writable; }

  /// Everything sent since the last take, in order; texts without their leading `4`.
  std::vector<std::string> take_sent() {
    std::vector<std::string> out;
    for (const Message& message : sent_) {
      out.emplace_back(message.is_binary() ? message.payload() : message.payload().substr(1));
    }
    sent_.clear();
    return out;
  }
  const std::vector<Message>& sent() const { return sent_; }
  bool is_trusted() const { return trusted_; }
  /// Set once the session has ended, by either side.
  std::optional<CloseReason> closed() const { return closed_; }

  const std::string& id() const override { return id_; }
  const Handshake& handshake() const override { return handshake_; }
  TransportName transport() const override { return TransportName::websocket; }
  net::Shard& shard() override { return shard_; }
  void set_trusted(bool trusted) override { trusted_ = trusted; }
  void send(const Message& message) override {
    if (!is_open()) return;
    sent_.push_back(message);
    queued_bytes_ += message.payload().size();
  }
  void send(const TextFrames& texts) override {
    for (const Message& message : texts.messages()) send(message);
  }
  void send(std::span<const Message> messages) override {
    for (const Message& message : messages) send(message);
  }
  bool is_writable() const override { return is_open() && writable_; }
  std::size_t queued_bytes() const override { return queued_bytes_; }
  void close(CloseReason reason = CloseReason::forced_close) override {
    if (closed_) return;
    closed_ = reason;
    if (handler_) handler_->on_close(reason);
    // The handler may be what called us: it is kept until this session goes.
  }
  bool is_open() const override { return !closed_; }

 private:
  net::Shard& shard_;
  std::string id_;
  Handshake handshake_;
  std::unique_ptr<SessionHandler> handler_;
  std::vector<Message> sent_;
  std::optional<CloseReason> closed_;
  std::size_t queued_bytes_ = 0;
  bool writable_ = true;
  bool trusted_ = false;
};

}  // namespace parley::engineio
