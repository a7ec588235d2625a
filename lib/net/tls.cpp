#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509err.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string_view>

#include "net/detail/tls_handshake.hpp"
#include "net/detail/tls_state.hpp"

namespace parley::net {

namespace {

/// Forward secrecy and authenticated encryption; those of TLS 1.3 all are that.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
/// Those that are quick, so that a handshake costs little. X25519 first.
constexpr std::string_view groups = "X25519:P-256:P-384";
constexpr std::string_view http1 = "http/1.1";
constexpr unsigned char session_context[] = "parley";

Error unusable(std::string_view what, const std::filesystem::path& file, std::string_view why) {
  return fail(Errc::bad_request,
              std::string{what}.append(" ").append(file.string()).append(" ").append(why));
}

Result<Done> check_readable(std::string_view what, const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) return unusable(what, file, "is a folder");
  errno = 0;
  if (std::ifstream{file}.is_open()) return Done{};
  return unusable(what, file, std::string{"cannot be read: "}.append(std::strerror(errno)));
}

/// OpenSSL's own words for the first error, which is the cause of the others.
std::string reason() {
  const unsigned long code = ERR_peek_error();
  const char* text = ERR_reason_error_string(code);
  ERR_clear_error();
  return text != nullptr ? text : "no reason given";
}

bool is_mismatch(unsigned long code) {
  return ERR_GET_LIB(code) == ERR_LIB_X509 && (ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH ||
                                               ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH);
}

/// Nobody is there to type one.
int no_password(char*, int, int, void*) { return -1; }

/// Answers http/1.1, which is all there is. Source: RFC 7301, section 3.2.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int length, void*) {
  for (unsigned int at = 0; at < length; at += 1U + offered[at]) {
    const std::size_t name_size = offered[at];
    if (at + 1 + name_size > length) break;
    if (name_size != http1.size() || std::memcmp(offered + at + 1, http1.data(), name_size) != 0)
      continue;
    *chosen = offered + at + 1;
    *size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::shared_ptr<SSL_CTX> new_context() {
  std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  if (!context) return nullptr;
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                               SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  // Sessions live in the clients' tickets: nothing grows here.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_session_id_context(raw, session_context, sizeof session_context - 1);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(raw, no_password);
  std::string list{groups};  // the macro for it holds a C cast
  const bool is_set = SSL_CTX_set_cipher_list(raw, tls12_ciphers) == 1 &&
                      SSL_CTX_ctrl(raw, SSL_CTRL_SET_GROUPS_LIST, 0, list.data()) == 1;
  return is_set ? context : nullptr;
}

Result<Done> use_certificate(SSL_CTX& context, const std::filesystem::path& file) {
  constexpr std::string_view what = "the certificate";
  if (const auto readable = check_readable(what, file); !readable) return readable.error();
  if (SSL_CTX_use_certificate_chain_file(&context, file.c_str()) == 1) return Done{};
  return unusable(what, file, "is no PEM file of a certificate that can be used: " + reason());
}

Result<Done> use_key(SSL_CTX& context, const std::filesystem::path& file,
                     const std::filesystem::path& certificate) {
  constexpr std::string_view what = "the key";
  if (const auto readable = check_readable(what, file); !readable) return readable.error();
  if (SSL_CTX_use_PrivateKey_file(&context, file.c_str(), SSL_FILETYPE_PEM) == 1) return Done{};
  if (is_mismatch(ERR_peek_last_error())) {
    ERR_clear_error();
    return unusable(what, file, "does not belong to the certificate " + certificate.string());
  }
  return unusable(what, file, "is no PEM file of a private key without a password: " + reason());
}

}  // namespace

Result<TlsIdentity> TlsIdentity::load(const std::filesystem::path& certificate,
                                      const std::filesystem::path& key) {
  ERR_clear_error();
  auto context = new_context();
  if (!context) return fail(Errc::internal, "OpenSSL refuses our settings: " + reason());
  if (const auto used = use_certificate(*context, certificate); !used) return used.error();
  if (const auto used = use_key(*context, key, certificate); !used) return used.error();
  return TlsIdentity{std::move(context)};
}

Time TlsIdentity::not_after() const {
  const X509* certificate = SSL_CTX_get0_certificate(context_.get());
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
    return Time{};
  return Time{std::chrono::seconds{::timegm(&end)}};
}

Tls::Tls(Shards& shards, TlsIdentity identity, TlsConfig config)
    : shards_(shards), state_(std::make_shared<State>()) {
  state_->config = std::move(config);
  const std::size_t per_shard =
      std::max<std::size_t>(1, state_->config.max_handshakes / shards.size());
  for (std::size_t i = 0; i < shards.size(); ++i) {
    state_->shards.push_back(std::make_unique<detail::TlsShard>(*state_, identity, per_shard));
  }
}

Listener::Accept Tls::over(Listener::Accept accept) const {
  // The shards keep this function for as long as there are connections.
  return [state = state_, accept = std::move(accept)](Connection& raw) {
    detail::TlsShard& tls = *state->shards[raw.shard().index()];
    return std::make_unique<detail::TlsHandshake>(tls, raw, accept);
  };
}

void Tls::renew(TlsIdentity identity) {
  for (const auto& shard : shards_) {
    shard->post([state = state_, index = shard->index(), identity] {
      state->shards[index]->identity = identity;
    });
  }
}

void Tls::end_handshakes() const {
  for (const auto& shard : shards_) {
    shard->post(
        [state = state_, index = shard->index()] { state->shards[index]->end_handshakes(); });
  }
}

Tls::Counts Tls::counts() const {
  Counts sum;
  for (const auto& shard : state_->shards) {
    const std::uint64_t left = shard->left.value();  // first, so that it is not the greater one
    sum.handshaking += shard->entered.value() - left;
    sum.established += shard->established.value();
    sum.resumed += shard->resumed.value();
    sum.failed += shard->failed.value();
    sum.late += shard->late.value();
    sum.displaced += shard->displaced.value();
  }
  return sum;
}

}  // namespace parley::net
