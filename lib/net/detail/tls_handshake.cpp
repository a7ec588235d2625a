#include "net/detail/tls_handshake.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <exception>
#include <utility>

#include "net/detail/tls_connection.hpp"
#include "net/detail/tls_state.hpp"

namespace parley::net::detail {

namespace {
/// Before our answer there is nothing but a ClientHello to send.
constexpr std::size_t max_hello = 16 * 1024;

/// How much of a ClientHello has come. Source: RFC 8446, sections 4 and 5.1.
enum class Hello { begun, whole, too_large, something_else };

Hello look_at(std::string_view bytes) {
  constexpr std::size_t record_head = 5, message_head = 4;
  constexpr char handshake = 22, client_hello = 1;
  const auto byte = [](char one) {
    return static_cast<std::size_t>(static_cast<unsigned char>(one));
  };
  std::string message;
  while (!bytes.empty()) {
    if (bytes[0] != handshake) return Hello::something_else;
    if (bytes.size() < record_head) return Hello::begun;
    const std::size_t length = byte(bytes[3]) << 8 | byte(bytes[4]);
    if (length == 0) return Hello::something_else;
    message.append(bytes.substr(record_head, length));
    bytes.remove_prefix(std::min(bytes.size(), record_head + length));
    if (!message.empty() && message[0] != client_hello) return Hello::something_else;
    if (message.size() < message_head) continue;
    const std::size_t whole =
        message_head + (byte(message[1]) << 16 | byte(message[2]) << 8 | byte(message[3]));
    if (whole > max_hello) return Hello::too_large;
    if (message.size() >= whole) return Hello::whole;
  }
  return Hello::begun;
}
}  // namespace

TlsHandshake::TlsHandshake(TlsShard& shard, Connection& raw, const Listener::Accept& accept)
    : tls_(shard),
      raw_(raw),
      accept_(accept),
      deadline_(Timer::calling<&TlsHandshake::on_deadline>(raw.shard().timers(), *this)) {
  tls_.meet(*this);
  deadline_.start(raw.shard().now() + tls_.all.config.handshake_timeout);
}

TlsHandshake::~TlsHandshake() { tls_.leave(*this); }

void TlsHandshake::on_bytes(std::span<char> bytes) {
  early_.append(bytes.data(), bytes.size());
  if (!ssl_) {
    // OpenSSL's state is many times as large as this object: nobody has it for half a ClientHello.
    const Hello hello = look_at(early_);
    if (hello == Hello::too_large || early_.size() > 2 * max_hello) {
      tls_.begin();
      fail();
      return;
    }
    if (hello == Hello::begun) return;
  }
  raw_.pause();
  tls_.queue(*this);
}

void TlsHandshake::step() {
  if (!raw_.is_open()) return;
  try {
    if (!ssl_ && !begin()) return;
    const std::string bytes = std::exchange(early_, {});
    tls_.begin();
    tls_.input = bytes;
    go_on(SSL_do_handshake(ssl_.get()));
  } catch (...) {
    raw_.shard().report("TLS handshake", std::current_exception());
    raw_.close();
  }
  tls_.input = {};
}

bool TlsHandshake::begin() {
  ssl_ = tls_.new_ssl();
  if (!ssl_) {
    raw_.close();
    return false;
  }
  tls_.enter(*this);
  return true;
}

void TlsHandshake::go_on(int result) {
  if (result == 1) {
    tls_.flush(raw_);
    complete();
  } else if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) {
    tls_.flush(raw_);
    raw_.resume();
  } else {
    fail();
  }
}

void TlsHandshake::complete() {
  tls_.established.add();
  if (SSL_session_reused(ssl_.get()) == 1) tls_.resumed.add();
  deadline_.stop();
  tls_.leave(*this);
  raw_.resume();
  auto made = std::make_unique<TlsConnection>(tls_, raw_, std::move(ssl_));
  TlsConnection& connection = *made;
  raw_.set_protocol(std::move(made));
  if (auto protocol = accept_(connection)) connection.set_protocol(std::move(protocol));
  if (!connection.has_protocol()) {
    raw_.close();
    return;
  }
  // The first request often comes along with the handshake's end.
  std::string rest{tls_.input.begin(), tls_.input.end()};
  if (!rest.empty()) connection.on_bytes(rest);
}

void TlsHandshake::fail() {
  tls_.failed.add();
  deadline_.stop();
  const bool is_http = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  if (is_http) {
    tls_.begin();  // no alert: the peer would not understand it
    raw_.send(std::string_view{tls_.all.config.answer_to_plain_http});
  } else {
    tls_.flush(raw_);
  }
  ERR_clear_error();
  raw_.close_after_flush();
}

void TlsHandshake::give_way() {
  tls_.leave(*this);
  raw_.close();
}

void TlsHandshake::on_deadline() {
  tls_.late.add();
  raw_.close();
}

void TlsHandshake::on_closed(CloseCause cause) {
  if (cause != CloseCause::local) tls_.failed.add();
  tls_.leave(*this);
}

}  // namespace parley::net::detail
