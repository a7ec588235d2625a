#include "net/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "net/detail/tls_state.hpp"
#include "net/testing.hpp"

namespace parley::net {
namespace {

using namespace std::chrono_literals;
using std::filesystem::path;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<X509> self_signed(EVP_PKEY* key, long serial) {
  Owned<X509> certificate{X509_new()};
  X509* raw = certificate.get();
  ASN1_INTEGER_set(X509_get_serialNumber(raw), serial);
  X509_gmtime_adj(X509_getm_notBefore(raw), -60);
  X509_gmtime_adj(X509_getm_notAfter(raw), 3600);
  X509_set_pubkey(raw, key);
  X509_sign(raw, key, EVP_sha256());
  return certificate;
}

/// A folder with key and certificate as PEM files; `serial` tells certificates apart.
class Files {
 public:
  explicit Files(long serial = 1) {
    std::string name = (std::filesystem::temp_directory_path() / "parley-tls-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    const Owned<EVP_PKEY> pair{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
    const auto made = self_signed(pair.get(), serial);
    const Owned<BIO> key_file{BIO_new_file(key().c_str(), "w")};
    PEM_write_bio_PrivateKey(key_file.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
    const Owned<BIO> locked_file{BIO_new_file(locked_key().c_str(), "w")};
    const unsigned char word[] = "word";
    PEM_write_bio_PrivateKey(locked_file.get(), pair.get(), EVP_aes_128_cbc(), word, 4, nullptr,
                             nullptr);
    const Owned<BIO> certificate_file{BIO_new_file(certificate().c_str(), "w")};
    PEM_write_bio_X509(certificate_file.get(), made.get());
  }
  ~Files() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  path certificate() const { return folder_ / "certificate.pem"; }
  path key() const { return folder_ / "key.pem"; }
  path locked_key() const { return folder_ / "locked.pem"; }
  path other(std::string_view text) const {
    std::ofstream{folder_ / "other.pem"} << text;
    return folder_ / "other.pem";
  }
  TlsIdentity identity() const { return *TlsIdentity::load(certificate(), key()); }

 private:
  path folder_;
};

std::string refusal(const path& certificate, const path& key) {
  const auto loaded = TlsIdentity::load(certificate, key);
  return loaded ? "none" : loaded.error().detail;
}

TEST(TlsIdentity, reads_a_certificate_and_its_key) {
  const Files files;
  const auto identity = TlsIdentity::load(files.certificate(), files.key());
  ASSERT_TRUE(identity) << identity.error().detail;
  EXPECT_GT(identity->not_after(), wall_now() + 50min);
  EXPECT_LT(identity->not_after(), wall_now() + 70min);
}

TEST(TlsIdentity, says_what_is_wrong_and_with_which_file) {
  const Files files, others;
  EXPECT_THAT(refusal("/absent/c.pem", files.key()),
              StartsWith("the certificate /absent/c.pem cannot be read: No such file"));
  EXPECT_THAT(refusal(files.certificate(), "/absent/k.pem"),
              StartsWith("the key /absent/k.pem cannot be read: No such file"));
  EXPECT_THAT(refusal("/", files.key()), HasSubstr("/ is a folder"));
  EXPECT_THAT(refusal(files.other("no certificate"), files.key()),
              HasSubstr("is no PEM file of a certificate that can be used: no start line"));
  EXPECT_THAT(refusal(files.certificate(), files.other("no key")),
              HasSubstr("is no PEM file of a private key without a password"));
  EXPECT_THAT(refusal(files.certificate(), files.locked_key()),
              HasSubstr("is no PEM file of a private key without a password"));
  EXPECT_THAT(refusal(files.certificate(), others.key()),
              HasSubstr("does not belong to the certificate " + files.certificate().string()));
}

/// The peer: OpenSSL over memory.
class Peer {
 public:
  struct Wishes {
    int most = TLS1_3_VERSION;
    std::string protocols{};  ///< As ALPN has them: length, name, …
    SSL_SESSION* session = nullptr;
  };

  explicit Peer(const Wishes& wishes) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), wishes.most);
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(SSL_get_rbio(ssl_.get()), -1);
    if (!wishes.protocols.empty()) {
      const std::vector<unsigned char> list(wishes.protocols.begin(), wishes.protocols.end());
      SSL_set_alpn_protos(ssl_.get(), list.data(), static_cast<unsigned>(list.size()));
    }
    if (wishes.session != nullptr) SSL_set_session(ssl_.get(), wishes.session);
    SSL_set_connect_state(ssl_.get());
  }

  /// What it has to say, after it has heard `bytes`.
  std::string talk(std::string_view bytes) {
    BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) {
      read();
    } else {
      failed = SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ;
    }
    return take();
  }
  std::string say(std::string_view text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
    return take();
  }
  std::string say_goodbye() {
    SSL_shutdown(ssl_.get());
    return take();
  }
  std::string change_keys(int times) {
    for (int i = 0; i < times; ++i) {
      SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
      SSL_do_handshake(ssl_.get());
    }
    return take();
  }
  /// Wants another handshake: the first record of its ClientHello, which fills several.
  std::string begin_again() {
    SSL_set_max_send_fragment(ssl_.get(), 512);
    std::string name(250, 'x');
    for (std::size_t at = 50; at < name.size(); at += 50) name[at] = '.';
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    SSL_set_cipher_list(ssl_.get(), "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    SSL_renegotiate(ssl_.get());
    SSL_do_handshake(ssl_.get());
    const std::string all = take();
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(all.at(at)); };
    return all.substr(0, 5 + (byte(3) << 8 | byte(4)));
  }
  bool is_connected() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  bool heard_goodbye() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return std::string(name, name + size);
  }
  long serial() const {
    const Owned<X509> certificate{SSL_get1_peer_certificate(ssl_.get())};
    return certificate ? ASN1_INTEGER_get(X509_get0_serialNumber(certificate.get())) : 0;
  }
  Owned<SSL_SESSION> session() const { return Owned<SSL_SESSION>{SSL_get1_session(ssl_.get())}; }
  bool was_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

  std::string received;
  bool failed = false;

 private:
  void read() {
    std::string buffer(1 << 16, '\0');
    int got = 0;
    while ((got = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()))) > 0)
      received.append(buffer, 0, static_cast<std::size_t>(got));
  }
  std::string take() {
    std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    BIO_read(SSL_get_wbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }

  Owned<SSL_CTX> context_;
  Owned<SSL> ssl_;
};

struct Seen {
  Connection* connection = nullptr;
  std::string received;
  int reads = 0, destroyed = 0;
  std::vector<CloseCause> causes;
  std::function<void(std::string_view)> on_bytes;
};

class SeeingProtocol final : public Protocol {
 public:
  explicit SeeingProtocol(Seen& seen) : seen_(seen) {}
  ~SeeingProtocol() override { ++seen_.destroyed; }
  void on_bytes(std::span<char> bytes) override {
    ++seen_.reads;
    seen_.received.append(bytes.data(), bytes.size());
    if (seen_.on_bytes) seen_.on_bytes({bytes.data(), bytes.size()});
  }
  void on_closed(CloseCause cause) override { seen_.causes.push_back(cause); }

 private:
  Seen& seen_;
};

/// A peer and the server's end of its connection.
struct Pair {
  Pair(Shard& shard, const Listener::Accept& accept, Peer::Wishes wishes = {})
      : peer(wishes), connection(shard) {
    connection.set_protocol(accept(connection));
  }

  /// Carries bytes to and fro until neither has more to say.
  void talk(Shard& shard) {
    for (std::string answer = peer.talk({}); !answer.empty();) {
      connection.feed(answer);
      answer = peer.talk(heard(shard));
    }
  }
  /// What the server says once it has done what it has to.
  std::string heard(Shard& shard) {
    std::string all;
    for (int quiet = 0; quiet < 3; ++quiet) {
      run_ready(shard);
      all += connection.take_sent();
    }
    return all;
  }
  void say(Shard& shard, std::string_view text) {
    connection.feed(peer.say(text));
    peer.talk(heard(shard));
  }

  Peer peer;
  FakeConnection connection;
};

class TlsTest : public testing::Test {
 protected:
  explicit TlsTest(TlsConfig config = {10s, 1'000, "plain answer"})
      : tls_(shards_, files_.identity(), std::move(config)),
        accept_(tls_.over([this](Connection& connection) -> std::unique_ptr<Protocol> {
          seen_.connection = &connection;
          if (refuses_) return nullptr;
          return std::make_unique<SeeingProtocol>(seen_);
        })) {}

  std::unique_ptr<Pair> connect(Peer::Wishes wishes = {}) {
    auto pair = std::make_unique<Pair>(shard_, accept_, std::move(wishes));
    pair->talk(shard_);
    return pair;
  }
  void echo() {
    seen_.on_bytes = [this](std::string_view bytes) { seen_.connection->send(bytes); };
  }

  Files files_;
  Shards shards_{2};
  Shard& shard_ = shards_[0];
  Tls tls_;
  Seen seen_;
  bool refuses_ = false;
  Listener::Accept accept_;
};

TEST_F(TlsTest, carries_bytes_both_ways) {
  echo();
  const auto pair = connect();
  ASSERT_TRUE(pair->peer.is_connected());
  EXPECT_EQ(pair->peer.version(), "TLSv1.3");
  pair->say(shard_, "hello");
  EXPECT_EQ(seen_.received, "hello");
  EXPECT_EQ(pair->peer.received, "hello");
  EXPECT_TRUE(seen_.connection->is_secure());
  EXPECT_EQ(seen_.connection->peer(), pair->connection.peer());
  EXPECT_EQ(tls_.counts().established, 1U);
  EXPECT_EQ(tls_.counts().handshaking, 0U);
}

TEST_F(TlsTest, speaks_1_2_and_nothing_older) {
  echo();
  const auto old = connect({.most = TLS1_2_VERSION});
  ASSERT_TRUE(old->peer.is_connected());
  old->say(shard_, "old");
  EXPECT_EQ(old->peer.received, "old");
  const auto ancient = connect({.most = TLS1_1_VERSION});
  EXPECT_TRUE(ancient->peer.failed);
  EXPECT_TRUE(ancient->connection.is_closed());
  EXPECT_EQ(tls_.counts().failed, 1U);
}

TEST_F(TlsTest, agrees_on_http_1_and_refuses_those_who_want_only_others) {
  const auto pair = connect({.protocols = "\x02h2\x08http/1.1"});
  EXPECT_EQ(pair->peer.protocol(), "http/1.1");
  const auto other = connect({.protocols = "\x02h2"});
  EXPECT_TRUE(other->peer.failed);
  EXPECT_TRUE(other->connection.is_closed());
}

TEST_F(TlsTest, understands_a_peer_that_speaks_byte_by_byte) {
  echo();
  Pair pair{shard_, accept_};
  for (std::string answer = pair.peer.talk({}); !answer.empty();) {
    std::string heard;
    for (const char byte : answer) {
      pair.connection.feed({&byte, 1});
      heard += pair.heard(shard_);
    }
    answer = pair.peer.talk(heard);
  }
  ASSERT_TRUE(pair.peer.is_connected());
  std::string heard;
  for (const char byte : pair.peer.say("slow")) {
    pair.connection.feed({&byte, 1});
    heard += pair.heard(shard_);
  }
  pair.peer.talk(heard);
  EXPECT_EQ(pair.peer.received, "slow");
}

TEST_F(TlsTest, hands_over_all_records_of_a_turn_in_one_call) {
  const auto pair = connect();
  const std::string first = pair->peer.say("one "), second = pair->peer.say("two");
  pair->connection.feed(first + second);
  EXPECT_EQ(seen_.received, "one two");
  EXPECT_EQ(seen_.reads, 1);
}

TEST_F(TlsTest, hands_over_what_comes_with_the_end_of_the_handshake) {
  Pair pair{shard_, accept_};
  pair.connection.feed(pair.peer.talk({}));
  const std::string finished = pair.peer.talk(pair.heard(shard_));
  ASSERT_TRUE(pair.peer.is_connected());
  pair.connection.feed(finished + pair.peer.say("eager"));
  pair.heard(shard_);
  EXPECT_EQ(seen_.received, "eager");
}

TEST_F(TlsTest, sends_a_piece_that_is_larger_than_the_queue_may_be) {
  const auto pair = connect();
  const auto frame = std::make_shared<const std::string>(std::size_t{6} << 20, 'x');
  seen_.connection->send(frame, 1);
  pair->peer.talk(pair->heard(shard_));
  EXPECT_EQ(pair->peer.received.size(), frame->size() - 1);
  EXPECT_TRUE(seen_.connection->is_open());
}

TEST_F(TlsTest, answers_plain_http_in_plain_and_closes) {
  Pair pair{shard_, accept_};
  pair.connection.feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(pair.heard(shard_), "plain answer");
  EXPECT_TRUE(pair.connection.is_closed());
  EXPECT_EQ(tls_.counts().failed, 1U);
}

TEST_F(TlsTest, closes_on_garbage_in_the_handshake_and_after_it) {
  Pair pair{shard_, accept_};
  pair.connection.feed(std::string(100, '\x7f'));
  EXPECT_NE(pair.heard(shard_), "plain answer");
  EXPECT_TRUE(pair.connection.is_closed());
  const auto later = connect();
  later->connection.feed(std::string(100, '\x7f'));
  later->heard(shard_);
  EXPECT_TRUE(later->connection.is_closed());
  EXPECT_EQ(seen_.causes, std::vector<CloseCause>{CloseCause::error});
}

TEST_F(TlsTest, takes_no_more_than_a_client_hello_before_it_has_answered) {
  Pair pair{shard_, accept_};
  pair.connection.feed(std::string(40 * 1024, '\x16'));
  pair.heard(shard_);
  EXPECT_TRUE(pair.connection.is_closed());
}

TEST_F(TlsTest, holds_little_for_half_a_client_hello) {
  Pair pair{shard_, accept_};
  const std::string hello = pair.peer.talk({});
  for (const std::size_t half : {1, 4, 7, 60}) {
    Pair stalled{shard_, accept_};
    stalled.connection.feed(hello.substr(0, half));
    EXPECT_EQ(stalled.heard(shard_), "");
    EXPECT_FALSE(stalled.connection.is_closed());
    EXPECT_EQ(tls_.counts().handshaking, 0U) << half;
  }
  pair.connection.feed(hello.substr(0, 60));
  pair.connection.feed(hello.substr(60));
  EXPECT_NE(pair.heard(shard_), "");
  EXPECT_EQ(tls_.counts().handshaking, 1U);
}

TEST_F(TlsTest, refuses_a_client_hello_that_will_be_too_large) {
  Pair pair{shard_, accept_};
  pair.connection.feed({"\x16\x03\x01\x02\x00\x01\x00\x40\x01", 9});
  pair.heard(shard_);
  EXPECT_TRUE(pair.connection.is_closed());
}

TEST_F(TlsTest, closes_whom_new_keys_keep_busy) {
  const auto pair = connect();
  pair->connection.feed(pair->peer.change_keys(16));
  pair->say(shard_, "still here");
  EXPECT_EQ(seen_.received, "still here");
  pair->connection.feed(pair->peer.change_keys(17));
  pair->heard(shard_);
  EXPECT_TRUE(pair->connection.is_closed());
  EXPECT_EQ(seen_.causes, std::vector<CloseCause>{CloseCause::error});
}

TEST_F(TlsTest, keeps_no_hello_of_another_handshake) {
  const auto pair = connect({.most = TLS1_2_VERSION});
  ASSERT_TRUE(pair->peer.is_connected());
  const std::string begun = pair->peer.begin_again();
  ASSERT_GT(begun.size(), 512u) << "there is more of it";
  pair->connection.feed(begun);
  pair->heard(shard_);
  EXPECT_TRUE(pair->connection.is_closed());
  EXPECT_EQ(seen_.causes, std::vector<CloseCause>{CloseCause::error});
}

TEST_F(TlsTest, gives_a_late_handshake_up) {
  Pair silent{shard_, accept_}, half{shard_, accept_};
  half.connection.feed(half.peer.talk({}));
  half.heard(shard_);
  EXPECT_EQ(tls_.counts().handshaking, 1U);
  shard_.timers().run(SteadyTime::clock::now() + 9s);
  EXPECT_FALSE(silent.connection.is_closed());
  shard_.timers().run(SteadyTime::clock::now() + 11s);
  silent.heard(shard_);
  half.heard(shard_);
  EXPECT_TRUE(silent.connection.is_closed());
  EXPECT_TRUE(half.connection.is_closed());
  EXPECT_EQ(tls_.counts().late, 2U);
  EXPECT_EQ(tls_.counts().handshaking, 0U);
}

TEST_F(TlsTest, ends_handshakes_that_are_silent_or_half_done_and_no_others) {
  const auto complete = connect();
  Pair silent{shard_, accept_}, hello{shard_, accept_}, half{shard_, accept_};
  hello.connection.feed(hello.peer.talk({}).substr(0, 20));
  half.connection.feed(half.peer.talk({}));
  half.heard(shard_);
  tls_.end_handshakes();
  for (Pair* pair : {&silent, &hello, &half}) {
    pair->heard(shard_);
    EXPECT_TRUE(pair->connection.is_closed());
  }
  EXPECT_FALSE(complete->connection.is_closed());
  EXPECT_EQ(tls_.counts().handshaking, 0U);
}

TEST_F(TlsTest, a_complete_handshake_has_no_deadline_any_more) {
  const auto pair = connect();
  shard_.timers().run(SteadyTime::clock::now() + 1h);
  EXPECT_FALSE(pair->connection.is_closed());
}

class FewHandshakes : public TlsTest {
 protected:
  FewHandshakes() : TlsTest({10s, 2, ""}) {}
};

TEST_F(FewHandshakes, the_oldest_makes_way_and_the_newest_gets_through) {
  Pair stalled{shard_, accept_};
  stalled.connection.feed(stalled.peer.talk({}));
  stalled.heard(shard_);
  const auto pair = connect();
  EXPECT_TRUE(pair->peer.is_connected());
  EXPECT_TRUE(stalled.connection.is_closed());
  EXPECT_EQ(tls_.counts().displaced, 1U);
}

TEST_F(TlsTest, steps_of_handshakes_leave_room_for_others_between_them) {
  Pair first{shard_, accept_}, second{shard_, accept_};
  first.connection.feed(first.peer.talk({}));
  second.connection.feed(second.peer.talk({}));
  std::vector<std::size_t> under_way;
  for (int turn = 0; turn < 2; ++turn)
    shard_.post([&] { under_way.push_back(tls_.counts().handshaking); });
  run_ready(shard_);
  shard_.post([&] { under_way.push_back(tls_.counts().handshaking); });
  run_ready(shard_);
  EXPECT_EQ(under_way, (std::vector<std::size_t>{1, 1, 2}));
}

TEST_F(TlsTest, answers_a_goodbye_and_tells_the_protocol_of_the_peers_end) {
  const auto pair = connect();
  const std::string words = pair->peer.say("last words");
  pair->connection.feed(words + pair->peer.say_goodbye());
  pair->peer.talk(pair->heard(shard_));
  EXPECT_EQ(seen_.received, "last words");
  EXPECT_EQ(seen_.causes, std::vector<CloseCause>{CloseCause::peer});
  EXPECT_TRUE(pair->peer.heard_goodbye());
  EXPECT_TRUE(pair->connection.is_closed());
}

TEST_F(TlsTest, says_goodbye_when_it_closes_in_order) {
  const auto pair = connect();
  seen_.connection->send("bye");
  seen_.connection->close_after_flush();
  pair->peer.talk(pair->heard(shard_));
  EXPECT_EQ(pair->peer.received, "bye");
  EXPECT_TRUE(pair->peer.heard_goodbye());
  EXPECT_EQ(seen_.causes, std::vector<CloseCause>{CloseCause::local});
}

TEST_F(TlsTest, closes_whom_nobody_wants) {
  refuses_ = true;
  const auto pair = connect();
  EXPECT_TRUE(pair->connection.is_closed());
}

TEST_F(TlsTest, a_replaced_protocol_dies_after_its_call) {
  const auto pair = connect();
  Seen next;
  int destroyed_inside = -1;
  seen_.on_bytes = [&](std::string_view) {
    seen_.connection->set_protocol(std::make_unique<SeeingProtocol>(next));
    destroyed_inside = seen_.destroyed;
  };
  pair->say(shard_, "switch");
  pair->say(shard_, "after");
  EXPECT_EQ(destroyed_inside, 0);
  EXPECT_EQ(seen_.destroyed, 1);
  EXPECT_EQ(next.received, "after");
}

TEST_F(TlsTest, moves_to_another_shard_and_goes_on_there) {
  const auto pair = connect();
  Seen there;
  seen_.on_bytes = [&](std::string_view) {
    seen_.connection->move_to(shards_[1], [&there](Connection& connection) {
      there.connection = &connection;
      connection.set_protocol(std::make_unique<SeeingProtocol>(there));
      connection.send("arrived");
    });
  };
  pair->say(shard_, "go");
  ASSERT_EQ(pair->connection.moved_to(), &shards_[1]);
  const auto arrived = pair->connection.arrive();
  EXPECT_EQ(&there.connection->shard(), &shards_[1]);
  arrived->feed(pair->peer.say("there"));
  pair->peer.talk(arrived->take_sent());
  EXPECT_EQ(pair->peer.received, "arrived");
  EXPECT_EQ(seen_.destroyed, 1);
  EXPECT_TRUE(seen_.causes.empty());
}

TEST_F(TlsTest, resumes_by_a_ticket) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto first = connect({.most = version});
    const auto session = first->peer.session();
    const auto second = connect({.most = version, .session = session.get()});
    EXPECT_TRUE(second->peer.was_resumed()) << version;
  }
  EXPECT_EQ(tls_.counts().resumed, 2U);
}

TEST_F(TlsTest, a_renewed_certificate_is_for_new_connections) {
  echo();
  const auto before = connect();
  const Files renewed{2};
  tls_.renew(renewed.identity());
  run_ready(shard_);
  before->say(shard_, "still here");
  EXPECT_EQ(before->peer.received, "still here");
  EXPECT_EQ(before->peer.serial(), 1);
  EXPECT_EQ(connect()->peer.serial(), 2);
}

}  // namespace
}  // namespace parley::net
