#include "mail/testing_certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace parley::mail::testing {

namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using OpenFile = std::unique_ptr<std::FILE, Release<std::fclose>>;

void require(bool good) {
  if (!good) throw std::runtime_error("a certificate cannot be made");
}

void add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate certificate_of(EVP_PKEY* key) {
  Certificate certificate{X509_new()};
  X509* const raw = certificate.get();
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), 1);
  X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), 24 * 3600);
  X509_set_pubkey(raw, key);
  X509_NAME* const name = X509_get_subject_name(raw);
  const auto* const common = reinterpret_cast<const unsigned char*>("mail.test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0);
  X509_set_issuer_name(raw, name);
  add_extension(raw, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(raw, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
  require(X509_sign(raw, key, EVP_sha256()) != 0);
  return certificate;
}

}  // namespace

void write_certificate(const std::string& certificate_file, const std::string& key_file) {
  const Key key{EVP_EC_gen("P-256")};
  require(key != nullptr);
  const Certificate certificate = certificate_of(key.get());
  const OpenFile out{std::fopen(certificate_file.c_str(), "w")};
  require(out && PEM_write_X509(out.get(), certificate.get()) == 1);
  const OpenFile secret{std::fopen(key_file.c_str(), "w")};
  require(secret && PEM_write_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                         nullptr) == 1);
}

}  // namespace parley::mail::testing
