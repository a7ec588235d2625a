#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "net/connection.hpp"
#include "websocket/frame.hpp"
#include "websocket/parser.hpp"

namespace parley::websocket {

/// Settings shared by all connections of a server; outlives them.
struct Config {
  /// Bytes, after inflating; a bigger message fails the connection with 1009.
  std::size_t max_message = 1'000'000;
  std::size_t deflate_threshold = 1024;  ///< Bytes; smaller messages are sent as they are.
  /// Bytes; larger ones, too: to deflate 2 MiB takes a shard 60 ms.
  std::size_t deflate_most = 64 * 1024;
  /// Bytes that one connection inflates in a turn of the loop, until it has passed them; then
  /// others have their turn, and what came behind waits. It is little that one can send and much
  /// that comes of it.
  std::size_t inflate_share = 256 * 1024;
  /// How long the peer's close frame is waited for.
  std::chrono::milliseconds close_timeout{5'000};
};

/// How a connection ended that its owner had not closed.
enum class Ending {
  peer_closed,     ///< A close frame, or the end of the stream.
  protocol_error,  ///< The peer broke RFC 6455, sent bad UTF-8 or a message over the limit.
  lost,            ///< The connection broke.
  slow_consumer,   ///< The peer did not take what was queued.
};

/// The layer above a connection.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Valid UTF-8; borrowed for the call, as on_binary's bytes.
  virtual void on_text(std::string_view text) = 0;
  virtual void on_binary(std::string_view bytes) = 0;
  /// All that was sent so far has been handed to the kernel.
  virtual void on_drained() {}
  /// Once, last; not after close(). The connection is not to be used any more.
  virtual void on_closed(Ending ending) = 0;
};

/// A client's WebSocket: a net::Protocol, owned by its net::Connection and living on its shard.
/// Answers pings and closes by itself. Its owner holds a plain pointer until on_closed or close().
/// 72 bytes, and no heap while idle. Source: RFC 6455.
class Connection final : public net::Protocol, private FrameSink {
 public:
  /// `deflate`: permessage-deflate was agreed on.
  Connection(net::Connection& net, Handler& handler, const Config& config, bool deflate = false);
  ~Connection() override;

  /// Another layer above takes over; for the end of an upgrade.
  void set_handler(Handler& handler) { handler_ = &handler; }
  /// For what comes from now on, be it in the same bytes.
  void set_config(const Config& config) { config_ = &config; }
  /// See net::Connection.
  void set_expendable(bool expendable) { net_.set_expendable(expendable); }

  void send_text(std::string_view text);
  void send_binary(std::string_view bytes);
  /// A whole frame, encoded by encode_frame, whose bytes are shared with other receivers.
  void send(const net::Frame& frame);
  /// The same of frames, one behind the other, that nobody else gets; their bytes are copied.
  void send(std::string_view frames);

  /// Begins the closing handshake (no code: the peer sees 1005) and forgets the handler: what comes
  /// from now on is dropped. The TCP connection ends with the peer's close frame, or at
  /// close_timeout.
  void close(std::optional<CloseCode> code = std::nullopt);
  /// Ends the TCP connection without a closing handshake, and forgets the handler.
  void abort();
  bool is_open() const { return handler_ != nullptr; }

  /// True when a frame sent now goes to the kernel this turn.
  bool is_writable() const { return net_.is_writable(); }
  std::size_t queued_bytes() const { return net_.queued_bytes(); }

  void on_bytes(std::span<char> bytes) override;
  void on_drained() override;
  void on_closed(net::CloseCause cause) override;

 private:
  struct Closing;
  struct Waiting;

  bool on_message(Opcode opcode, std::span<char> payload, bool compressed) override;
  bool on_ping(std::string_view payload) override;
  bool on_pong(std::string_view payload) override;
  void on_close_frame(std::optional<std::uint16_t> code, std::string_view reason) override;

  void read(std::span<char> bytes);
  void read_waiting();
  bool deliver(Opcode opcode, std::string_view payload);
  bool deliver_compressed(Opcode opcode, std::string_view payload);
  void send_payload(Opcode opcode, std::string_view payload);
  /// Whether the frame is to be compressed; `head` is its head then.
  bool packs(std::string_view frame, Head& head) const;
  bool deflates(std::uint64_t size) const;
  void fail(CloseCode code);
  /// Nothing is read any more.
  void finish();
  /// Tells the handler, once, and forgets it.
  void end(Ending ending);

  net::Connection& net_;
  Handler* handler_;  ///< nullptr once closed by either side.
  const Config* config_;
  FrameParser parser_;
  std::unique_ptr<Closing> closing_;  ///< While the peer's close frame is awaited.
  std::unique_ptr<Waiting> waiting_;  ///< What is left to later turns; the peer is paused then.
  std::uint32_t inflated_ = 0;        ///< In this turn.
  bool deflate_;
  bool finished_ = false;  ///< The last byte has been sent.
};

}  // namespace parley::websocket
