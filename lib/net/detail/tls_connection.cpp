#include "net/detail/tls_connection.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cassert>
#include <utility>

#include "net/detail/poller.hpp"
#include "net/detail/tls_state.hpp"

namespace parley::net::detail {

namespace {
/// Is it in the middle of a ClientHello for another handshake? OpenSSL refuses one when it has all
/// of it, and would keep 128 KiB until then.
bool begins_again(const SSL& ssl) {
  return SSL_version(&ssl) == TLS1_2_VERSION && SSL_in_init(&ssl) != 0;
}
}  // namespace

TlsConnection::TlsConnection(TlsShard& shard, Connection& raw, SslPtr ssl)
    : tls_(shard), raw_(raw), ssl_(std::move(ssl)) {}

TlsConnection::~TlsConnection() = default;

void TlsConnection::on_bytes(std::span<char> bytes) {
  if (ended_) return;
  tls_.begin();
  tls_.input = bytes;
  const auto [size, reason] = open_records();
  const bool is_hostile = tls_.has_too_many_key_updates() || begins_again(*ssl_);
  tls_.input = {};
  tls_.flush(raw_);
  if (size > 0 && protocol_) protocol_->on_bytes(tls_.plain().first(size));
  const bool goes_on = reason == SSL_ERROR_WANT_READ && !is_hostile;
  if (goes_on || ended_ || !raw_.is_open()) return;
  close_after_flush();
  end(reason == SSL_ERROR_ZERO_RETURN ? CloseCause::peer : CloseCause::error);
}

std::pair<std::size_t, int> TlsConnection::open_records() {
  const auto plain = tls_.plain();
  std::size_t size = 0;
  while (true) {
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), plain.data() + size, plain.size() - size, &got);
    if (result != 1) return {size, SSL_get_error(ssl_.get(), result)};
    size += got;
    assert(size < plain.size());
  }
}

void TlsConnection::on_drained() {
  if (protocol_) protocol_->on_drained();
}

void TlsConnection::on_closed(CloseCause cause) {
  ended_ = true;
  if (protocol_) protocol_->on_closed(cause);
}

/// The protocol above is told at the turn's end, though the TCP connection may linger.
void TlsConnection::end(CloseCause cause) {
  ended_ = true;
  if (protocol_) shard().poller().announce_end(std::move(protocol_), cause);
}

void TlsConnection::send(Frame frame, std::size_t offset) {
  if (offset < frame->size()) send(std::string_view{*frame}.substr(offset));
}

void TlsConnection::send(std::string_view bytes) {
  if (bytes.empty() || !raw_.is_open()) return;
  tls_.begin();
  std::size_t taken = 0;
  if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &taken) != 1) {
    raw_.close();
    return;
  }
  tls_.flush(raw_);
}

void TlsConnection::close_after_flush() {
  if (!raw_.is_open()) return;
  tls_.begin();
  SSL_shutdown(ssl_.get());
  tls_.flush(raw_);
  raw_.close_after_flush();
}

void TlsConnection::set_protocol(std::unique_ptr<Protocol> protocol) {
  assert(protocol);
  Poller& poller = shard().poller();
  if (ended_) {
    poller.announce_end(std::move(protocol), CloseCause::local);
    return;
  }
  if (protocol_) poller.retire(std::move(protocol_));
  protocol_ = std::move(protocol);
}

void TlsConnection::move_to(Shard& target, std::function<void(Connection&)> arrive) {
  if (!raw_.is_open()) return;
  ended_ = true;
  TlsShard& there = *tls_.all.shards[target.index()];
  auto ssl = std::make_shared<SslPtr>(std::move(ssl_));
  raw_.move_to(target, [&there, ssl, arrive = std::move(arrive)](Connection& raw) {
    there.take_in(**ssl);
    auto made = std::make_unique<TlsConnection>(there, raw, std::move(*ssl));
    TlsConnection& connection = *made;
    raw.set_protocol(std::move(made));
    arrive(connection);
    if (!connection.has_protocol()) raw.close();
  });
}

}  // namespace parley::net::detail
