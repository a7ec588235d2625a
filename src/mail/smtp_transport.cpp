#include "mail/smtp_transport.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "mail/address.hpp"
#include "mail/detail/asking.hpp"
#include "mail/detail/smtp_reply.hpp"

namespace parley::mail {

namespace {

constexpr long quit_seconds = 2;

struct Mail {
  Envelope envelope;
  std::string bytes;
  std::function<Result<Done>()> ask;  ///< Whether it may leave still; may be empty.
};

/// One libcurl handle, and the connection that it keeps. Used by one thread at a time.
class Easy {
 public:
  Easy(const SmtpConfig& config, const std::atomic<bool>& is_stopping);
  ~Easy() { stop_listening(); }
  Easy(const Easy&) = delete;
  Easy& operator=(const Easy&) = delete;

  /// Tries twice when the connection was a kept one and the server had closed it meanwhile.
  Result<Done> send(const Mail& mail);
  /// Connects and logs in. For a handle that does nothing else.
  Result<Done> reach();
  /// False: a reply may still be under way on its connection, so that no other mail may follow
  /// there.
  bool is_usable() const { return is_usable_; }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(curl_.get(), option, value);
  }
  void set_place(const SmtpConfig& config);
  void set_tls(const SmtpConfig& config);
  void stop_listening() const;
  CURLcode perform(const Mail& mail);
  bool may_end();
  bool has_found_a_dead_connection(CURLcode code) const;
  long response_code() const;
  Error error_of(CURLcode code) const;

  static std::size_t on_read(char* out, std::size_t size, std::size_t count, void* self);
  static std::size_t on_reply(char* line, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address);
  static int on_close(void* self, curl_socket_t socket);

  struct Cleanup {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  const std::atomic<bool>& is_stopping_;
  std::array<char, CURL_ERROR_SIZE> what_{};
  std::string_view unread_;       ///< What curl has not read yet of the mail that is being sent.
  const Mail* mail_ = nullptr;    ///< That is being sent.
  std::optional<Error> refusal_;  ///< Of its permit.
  bool body_began_ = false;
  bool is_usable_ = true;
  const long reply_seconds_;  ///< The longest that one reply may take.
  std::vector<curl_socket_t> sockets_;
  detail::SmtpReply reply_;
  /// Last: its end says QUIT, and on_reply hears the answer.
  std::unique_ptr<CURL, Cleanup> curl_;
};

Easy::Easy(const SmtpConfig& config, const std::atomic<bool>& is_stopping)
    : is_stopping_(is_stopping),
      reply_seconds_(static_cast<long>(config.timeout / 1s) + 1),
      curl_(curl_easy_init()) {
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, what_.data());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &Easy::on_read);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Easy::on_reply);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &Easy::on_progress);
  set(CURLOPT_XFERINFODATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &Easy::on_open);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_CLOSESOCKETFUNCTION, &Easy::on_close);
  set(CURLOPT_CLOSESOCKETDATA, this);
  set_place(config);
  set_tls(config);
}

void Easy::set_place(const SmtpConfig& config) {
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");  // None from the environment either.
  set(CURLOPT_URL, (config.describe() + "/" + config.client_name).c_str());
  if (!config.user.empty()) {
    set(CURLOPT_USERNAME, config.user.c_str());
    set(CURLOPT_PASSWORD, config.password.c_str());
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(config.keep_connection);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(config.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(config.timeout.count()));
  set(CURLOPT_MAXAGE_CONN, static_cast<long>(seconds.count()));
  set(CURLOPT_MAXCONNECTS, 1L);
}

void Easy::set_tls(const SmtpConfig& config) {
  using Tls = SmtpConfig::Tls;
  const bool if_offered = config.tls == Tls::offered;
  set(CURLOPT_USE_SSL, config.tls == Tls::off ? static_cast<long>(CURLUSESSL_NONE)
                       : if_offered           ? static_cast<long>(CURLUSESSL_TRY)
                                              : static_cast<long>(CURLUSESSL_ALL));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (config.ca_file.empty()) return;
  set(CURLOPT_CAINFO, config.ca_file.c_str());
  set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
}

Result<Done> Easy::send(const Mail& mail) {
  CURLcode code = perform(mail);
  if (has_found_a_dead_connection(code)) {
    stop_listening();
    set(CURLOPT_FRESH_CONNECT, 1L);
    code = perform(mail);
    set(CURLOPT_FRESH_CONNECT, 0L);
  }
  is_usable_ = code == CURLE_OK;
  if (refusal_) return *refusal_;
  if (!is_usable_) return error_of(code);
  return Done{};
}

Result<Done> Easy::reach() {
  set(CURLOPT_UPLOAD, 0L);
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, reply_seconds_);
  const CURLcode code = curl_easy_perform(curl_.get());
  stop_listening();
  if (code != CURLE_OK) return error_of(code);
  return Done{};
}

/// libcurl says QUIT before it closes a connection, and then waits two minutes for the answer. It
/// still says it, and finds that no answer comes.
void Easy::stop_listening() const {
  for (const curl_socket_t socket : sockets_) ::shutdown(socket, SHUT_RD);
}

CURLcode Easy::perform(const Mail& mail) {
  const std::unique_ptr<curl_slist, FreeList> to{
      curl_slist_append(nullptr, ("<" + mail.envelope.to + ">").c_str())};
  set(CURLOPT_MAIL_FROM, ("<" + mail.envelope.from + ">").c_str());
  set(CURLOPT_MAIL_RCPT, to.get());
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.bytes.size()));
  set(CURLOPT_SERVER_RESPONSE_TIMEOUT, reply_seconds_);
  what_[0] = '\0';
  unread_ = mail.bytes;
  mail_ = &mail;
  refusal_.reset();
  body_began_ = false;
  reply_ = {};
  const CURLcode code = curl_easy_perform(curl_.get());
  set(CURLOPT_MAIL_RCPT, static_cast<curl_slist*>(nullptr));
  unread_ = {};
  mail_ = nullptr;
  return code;
}

/// While the server waits for the rest of the mail, which it throws away when the end is missing.
bool Easy::may_end() {
  if (!mail_->ask) return true;
  if (const auto permitted = mail_->ask(); !permitted) refusal_ = permitted.error();
  return !refusal_;
}

/// A server may end an idle connection at any time, and some say 421 first. Nothing of the mail has
/// left then, so that a second try cannot make two of it.
bool Easy::has_found_a_dead_connection(CURLcode code) const {
  long connects = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_NUM_CONNECTS, &connects);
  if (code == CURLE_OK || connects != 0 || body_began_) return false;
  if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_ABORTED_BY_CALLBACK) return false;
  return response_code() == 421 || response_code() < 400;
}

long Easy::response_code() const {
  long code = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &code);
  return code;
}

/// libcurl tells of a refused sender, receiver or DATA as CURLE_SEND_ERROR. What the server refuses
/// before (greeting, EHLO, STARTTLS, login) is no fault of this mail.
Error Easy::error_of(CURLcode code) const {
  const long response = response_code();
  const bool is_about_mail = code == CURLE_SEND_ERROR || body_began_;
  if (is_about_mail && detail::is_permanent(response))
    return fail(Errc::bad_request, "the mail server refused: " + reply_.refusal());
  if (response >= 400)
    return fail(Errc::unavailable, "the mail server refused: " + reply_.refusal());
  const std::string what = what_[0] != '\0' ? what_.data() : curl_easy_strerror(code);
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail(Errc::closed, "sending was given up");
  if (code == CURLE_OPERATION_TIMEDOUT) return fail(Errc::timeout, "the mail server: " + what);
  return fail(Errc::unavailable, "the mail server: " + what);
}

std::size_t Easy::on_read(char* out, std::size_t size, std::size_t count, void* self) {
  Easy& easy = *static_cast<Easy*>(self);
  easy.body_began_ = true;
  const std::size_t taken = std::min(size * count, easy.unread_.size());
  const bool is_last = taken > 0 && taken == easy.unread_.size();
  if (is_last && !easy.may_end()) return CURL_READFUNC_ABORT;
  std::memcpy(out, easy.unread_.data(), taken);
  easy.unread_.remove_prefix(taken);
  return taken;
}

std::size_t Easy::on_reply(char* line, std::size_t size, std::size_t count, void* self) {
  Easy& easy = *static_cast<Easy*>(self);
  easy.reply_.add({line, size * count});
  // QUIT is all that follows most refusals: its answer is not worth a long wait.
  if (easy.reply_.is_refusal()) easy.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, quit_seconds);
  return size * count;
}

curl_socket_t Easy::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  const int kind = address->socktype | SOCK_CLOEXEC;
  const curl_socket_t socket = ::socket(address->family, kind, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  static_cast<Easy*>(self)->sockets_.push_back(socket);
  return socket;
}

int Easy::on_close(void* self, curl_socket_t socket) {
  std::erase(static_cast<Easy*>(self)->sockets_, socket);
  return ::close(socket);
}

int Easy::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Easy*>(self)->is_stopping_.load(std::memory_order_relaxed) ? 1 : 0;
}

void prepare_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

Result<Done> check_smtp(const SmtpConfig& config) {
  prepare_curl();
  const std::atomic<bool> is_stopping{false};
  return Easy(config, is_stopping).reach();
}

/// The handles that wait for a mail. Any thread.
class SmtpTransport::Client {
 public:
  explicit Client(SmtpConfig its_config) : config(std::move(its_config)) { prepare_curl(); }

  Result<Done> send(const Mail& mail) {
    if (is_stopping_) return fail(Errc::closed, "sending was given up");
    std::unique_ptr<Easy> easy = take();
    Result<Done> sent = easy->send(mail);
    if (easy->is_usable()) give_back(std::move(easy));
    return sent;
  }

  /// Mails that are under way are given up within about a second.
  void stop() { is_stopping_ = true; }
  const std::atomic<bool>& is_stopping() const { return is_stopping_; }

  const SmtpConfig config;

 private:
  std::unique_ptr<Easy> take() {
    {
      const std::lock_guard lock{mutex_};
      if (!idle_.empty()) {
        std::unique_ptr<Easy> easy = std::move(idle_.back());
        idle_.pop_back();
        return easy;
      }
    }
    return std::make_unique<Easy>(config, is_stopping_);
  }

  void give_back(std::unique_ptr<Easy> easy) {
    const std::lock_guard lock{mutex_};
    if (idle_.size() < config.max_idle) idle_.push_back(std::move(easy));
  }

  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Easy>> idle_;
};

SmtpTransport::SmtpTransport(net::Workers& workers, SmtpConfig config)
    : workers_(workers), client_(std::make_shared<Client>(std::move(config))) {}

SmtpTransport::~SmtpTransport() { client_->stop(); }

void SmtpTransport::stop() { client_->stop(); }

Task<Result<Done>> SmtpTransport::send(Envelope envelope, std::string bytes, Permit permit) {
  if (!is_email(envelope.from) || !is_email(envelope.to))
    co_return fail(Errc::bad_request, "the mail's address is no e-mail address");
  Mail mail{std::move(envelope), std::move(bytes), {}};
  if (permit)
    mail.ask = detail::Asking(*net::Shard::current(), std::move(permit), client_->config.timeout,
                              client_->is_stopping());
  auto work = [client = client_, mail = std::move(mail)] { return client->send(mail); };
  co_return co_await workers_.run(std::move(work));
}

std::string SmtpTransport::describe() const { return client_->config.describe(); }

}  // namespace parley::mail
