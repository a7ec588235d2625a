#pragma once

#include "net/detail/tls_shard.hpp"

namespace parley::net::detail {

/// A connection whose handshake is done: the protocol of the TCP connection below, and the
/// Connection of the protocol above. Each piece that is sent becomes records at once; the TCP
/// connection corks them. Keeps the promises of both sides.
class TlsConnection final : public Protocol, public Connection {
 public:
  TlsConnection(TlsShard& shard, Connection& raw, SslPtr ssl);
  ~TlsConnection() override;

  // As the protocol of the TCP connection:

  void on_bytes(std::span<char> bytes) override;
  void on_drained() override;
  void on_closed(CloseCause cause) override;

  // As the Connection of the protocol above:

  void send(Frame frame, std::size_t offset) override;
  void send(std::string_view bytes) override;
  void close_after_flush() override;
  void close() override { raw_.close(); }
  bool is_open() const override { return raw_.is_open(); }
  void pause() override { raw_.pause(); }
  void resume() override { raw_.resume(); }
  void set_protocol(std::unique_ptr<Protocol> protocol) override;
  void move_to(Shard& target, std::function<void(Connection&)> arrive) override;
  void set_expendable(bool expendable) override { raw_.set_expendable(expendable); }
  std::shared_ptr<void> take_place() override { return raw_.take_place(); }
  Shard& shard() override { return raw_.shard(); }
  std::size_t queued_bytes() const override { return raw_.queued_bytes(); }
  bool is_writable() const override { return raw_.is_writable(); }
  const std::string& peer() const override { return raw_.peer(); }
  std::uint16_t peer_port() const override { return raw_.peer_port(); }
  bool is_secure() const override { return true; }

  bool has_protocol() const { return protocol_ != nullptr; }

 private:
  /// Decrypts into the shard's buffer: how many bytes, and what SSL_get_error says of the end.
  std::pair<std::size_t, int> open_records();
  void end(CloseCause cause);

  TlsShard& tls_;
  Connection& raw_;
  SslPtr ssl_;
  std::unique_ptr<Protocol> protocol_;
  bool ended_ = false;  ///< The protocol above has been told, or will be at the turn's end.
};

}  // namespace parley::net::detail
