#include "net/detail/tls_shard.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "net/detail/tls_handshake.hpp"

namespace parley::net::detail {

namespace {
/// What one receive brings, decrypted, and the record that an earlier one left unfinished.
constexpr std::size_t plain_size = (64 + 32) * 1024;
/// Up to here OpenSSL's bytes are copied into the connection's buffer; more becomes a frame.
constexpr std::size_t copied_at_most = 16 * 1024;
constexpr std::size_t kept_capacity = 256 * 1024;
}  // namespace

void FreeSsl::operator()(SSL* ssl) const { SSL_free(ssl); }
void FreeSsl::operator()(BIO* bio) const { BIO_free(bio); }

/// OpenSSL's side of a TlsShard.
struct TlsBio {
  static TlsShard& shard_of(BIO* bio) { return *static_cast<TlsShard*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* to, std::size_t room, std::size_t* got) {
    BIO_clear_retry_flags(bio);
    TlsShard& shard = shard_of(bio);
    std::span<const char>& input = shard.input;
    *got = shard.has_too_many_key_updates() ? 0 : std::min(room, input.size());
    if (*got == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    std::memcpy(to, input.data(), *got);
    input = input.subspan(*got);
    return 1;
  }

  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    shard_of(bio).sealed_.append(from, size);
    *taken = size;
    return 1;
  }

  static long control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
  }

  /// What OpenSSL reads and writes of its own.
  static void see_message(int is_ours, int, int type, const void* bytes, std::size_t size, SSL* ssl,
                          void*) {
    if (is_ours == 1 || type != SSL3_RT_HANDSHAKE || size == 0) return;
    if (*static_cast<const unsigned char*>(bytes) == SSL3_MT_KEY_UPDATE)
      ++shard_of(SSL_get_rbio(ssl)).key_updates;
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parley shard");
      if (fresh == nullptr) throw std::bad_alloc();
      BIO_meth_set_read_ex(fresh, read);
      BIO_meth_set_write_ex(fresh, write);
      BIO_meth_set_ctrl(fresh, control);
      return fresh;
    }();
    return made;
  }
};

struct TlsShard::Lists {
  template <TlsShard::Hook TlsHandshake::*hook>
  using List =
      boost::intrusive::list<TlsHandshake,
                             boost::intrusive::member_hook<TlsHandshake, TlsShard::Hook, hook>>;

  List<&TlsHandshake::incomplete> incomplete;
  List<&TlsHandshake::under_way> under_way;  ///< Of those; oldest first.
  List<&TlsHandshake::waiting> waiting;
};

TlsShard::TlsShard(Tls::State& every_shard, TlsIdentity its_identity, std::size_t max_handshakes)
    : all(every_shard),
      identity(std::move(its_identity)),
      max_handshakes_(max_handshakes),
      bio_(BIO_new(TlsBio::method())),
      plain_(plain_size),
      lists_(std::make_unique<Lists>()) {
  if (!bio_) throw std::bad_alloc();
  BIO_set_data(bio_.get(), this);
  BIO_set_init(bio_.get(), 1);
}

TlsShard::~TlsShard() {
  lists_->incomplete.clear();
  lists_->under_way.clear();
  lists_->waiting.clear();
}

SslPtr TlsShard::new_ssl() {
  SslPtr ssl{SSL_new(identity.context().get())};
  if (!ssl) return nullptr;
  take_in(*ssl);
  SSL_set_msg_callback(ssl.get(), TlsBio::see_message);
  SSL_set_accept_state(ssl.get());
  return ssl;
}

void TlsShard::take_in(SSL& ssl) {
  BIO_up_ref(bio_.get());
  SSL_set0_rbio(&ssl, bio_.get());
  BIO_up_ref(bio_.get());
  SSL_set0_wbio(&ssl, bio_.get());
}

void TlsShard::begin() {
  ERR_clear_error();
  sealed_.clear();
  key_updates = 0;
}

void TlsShard::flush(Connection& connection) {
  if (sealed_.empty()) return;
  if (sealed_.size() <= copied_at_most) {
    connection.send(std::string_view{sealed_});
  } else {
    connection.send(std::make_shared<const std::string>(sealed_));
  }
  sealed_.clear();
  if (sealed_.capacity() > kept_capacity) sealed_.shrink_to_fit();
}

void TlsShard::meet(TlsHandshake& handshake) { lists_->incomplete.push_back(handshake); }

void TlsShard::end_handshakes() {
  while (!lists_->incomplete.empty()) lists_->incomplete.front().give_way();
}

void TlsShard::enter(TlsHandshake& handshake) {
  if (lists_->under_way.size() >= max_handshakes_) {
    displaced.add();
    lists_->under_way.front().give_way();
  }
  lists_->under_way.push_back(handshake);
  entered.add();
}

void TlsShard::leave(TlsHandshake& handshake) {
  if (handshake.incomplete.is_linked())
    lists_->incomplete.erase(lists_->incomplete.iterator_to(handshake));
  if (handshake.waiting.is_linked()) lists_->waiting.erase(lists_->waiting.iterator_to(handshake));
  if (!handshake.under_way.is_linked()) return;
  lists_->under_way.erase(lists_->under_way.iterator_to(handshake));
  left.add();
}

void TlsShard::queue(TlsHandshake& handshake) {
  if (handshake.waiting.is_linked()) return;
  lists_->waiting.push_back(handshake);
  if (lists_->waiting.size() == 1) post_step(handshake.shard());
}

void TlsShard::post_step(Shard& shard) {
  shard.post([this, &shard] { step(shard); });
}

void TlsShard::step(Shard& shard) {
  if (lists_->waiting.empty()) return;
  TlsHandshake& first = lists_->waiting.front();
  lists_->waiting.pop_front();
  first.step();
  if (!lists_->waiting.empty()) post_step(shard);
}

}  // namespace parley::net::detail
