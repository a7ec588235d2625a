#include "mail/testing.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "base/base64.hpp"
#include "mail/testing_certificate.hpp"

namespace parley::mail::testing {

namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// `<a@b>` of `MAIL FROM:<a@b> SIZE=3`.
std::string path_in(std::string_view command) {
  const auto open = command.find('<'), end = command.find('>');
  if (open == std::string_view::npos || end == std::string_view::npos) return {};
  return std::string{command.substr(open + 1, end - open - 1)};
}

std::string verb_of(std::string_view line) {
  std::string verb{line.substr(0, line.find(' '))};
  for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return verb;
}

}  // namespace

struct SmtpServer::State {
  mutable std::mutex mutex;
  SmtpScript script;
  std::vector<ReceivedMail> mails;
  std::vector<std::string> commands;
  std::vector<int> sockets;  ///< Of connections that are open.
  std::vector<std::thread> threads;
  std::size_t connections = 0;
  bool is_stopping = false;

  int listener = -1;
  std::uint16_t port = 0;
  TemporaryFolder folder;
  std::unique_ptr<SSL_CTX, FreeContext> tls;
  std::thread acceptor;

  std::string certificate() const { return folder.path() + "/server.crt"; }
  void listen();
  void start_tls();
  void accept_all();
};

/// One connection, in a thread of its own.
class SmtpServer::Session {
 public:
  Session(SmtpServer::State& server, int socket, std::size_t number)
      : server_(server), socket_(socket), number_(number) {}

  void run() {
    if (script().is_tls && !secure()) return;
    if (!answer("GREETING", "220 mail.test ready")) return;
    while (const auto line = read_line()) {
      if (!obey(*line)) return;
    }
  }

 private:
  SmtpScript script() const {
    const std::lock_guard lock{server_.mutex};
    return server_.script;
  }
  bool obey(const std::string& line);
  bool greet();
  bool log_in(const std::string& line);
  bool take_mail();
  bool answer(const std::string& command, const std::string& good);
  bool secure();
  std::optional<std::string> read_line();
  bool say(const std::string& reply);

  SmtpServer::State& server_;
  const int socket_;
  const std::size_t number_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string unread_, from_, to_, user_, last_said_;
  std::size_t taken_ = 0;
};

bool SmtpServer::Session::obey(const std::string& line) {
  const std::string verb = verb_of(line);
  {
    const std::lock_guard lock{server_.mutex};
    server_.commands.push_back(verb == "AUTH" ? verb : line);
  }
  if (verb == "EHLO" || verb == "HELO") return greet();
  if (verb == "STARTTLS") return answer(verb, "220 go ahead") && secure();
  if (verb == "AUTH") return log_in(line);
  if (verb == "QUIT") return answer(verb, "221 bye") && false;
  if (verb == "DATA") {
    const std::string good = "354 go ahead";
    return answer(verb, good) && (last_said_ != good || take_mail());
  }
  if (verb == "MAIL") {
    from_ = path_in(line);
    if (!script().user.empty() && user_.empty()) return say("530 5.7.0 Authentication required");
    return answer(verb, "250 sender ok");
  }
  if (verb == "RCPT") {
    to_ = path_in(line);
    return answer(verb, "250 receiver ok");
  }
  return answer(verb, verb == "RSET" || verb == "NOOP" ? "250 ok" : "502 5.5.2 unknown command");
}

bool SmtpServer::Session::greet() {
  const SmtpScript now = script();
  std::string good = "250-mail.test\r\n";
  if (now.offers_starttls && !ssl_) good += "250-STARTTLS\r\n";
  if (!now.user.empty()) good += "250-AUTH PLAIN\r\n";
  return answer("EHLO", good + "250 SIZE 1000000");
}

bool SmtpServer::Session::log_in(const std::string& line) {
  const SmtpScript now = script();
  std::string secret = line.size() > 11 ? line.substr(11) : std::string{};
  if (secret.empty()) {
    if (!say("334 ")) return false;
    secret = read_line().value_or("");
  }
  using namespace std::string_literals;
  const bool good = from_base64(secret) == "\0"s + now.user + "\0"s + now.password;
  if (good) user_ = now.user;
  return answer("AUTH", good ? "235 welcome" : "535 5.7.8 bad credentials");
}

bool SmtpServer::Session::take_mail() {
  std::string bytes;
  while (true) {
    auto line = read_line();
    if (!line) return false;
    if (*line == ".") break;
    if (line->starts_with('.')) line->erase(0, 1);
    bytes += *line + "\r\n";
  }
  const SmtpScript now = script();
  const bool refuses = now.times > 0 && now.replies.contains(".");
  if (!refuses) {
    const std::lock_guard lock{server_.mutex};
    server_.mails.push_back({from_, to_, bytes, number_, ssl_ != nullptr, user_});
  }
  return answer(".", "250 2.0.0 taken") && ++taken_ < now.mails_per_connection;
}

bool SmtpServer::Session::answer(const std::string& command, const std::string& good) {
  std::string reply = good;
  {
    const std::lock_guard lock{server_.mutex};
    const auto other = server_.script.replies.find(command);
    if (other != server_.script.replies.end() && server_.script.times > 0) {
      if (server_.script.times != SIZE_MAX) --server_.script.times;
      reply = other->second;
    }
  }
  if (reply == "close") return false;
  if (reply != "silence") return say(reply);
  while (read_line()) {
  }
  return false;
}

bool SmtpServer::Session::secure() {
  ssl_.reset(SSL_new(server_.tls.get()));
  SSL_set_fd(ssl_.get(), socket_);
  unread_.clear();
  return SSL_accept(ssl_.get()) == 1;
}

std::optional<std::string> SmtpServer::Session::read_line() {
  std::array<char, 4096> buffer;
  while (true) {
    const auto end = unread_.find("\r\n");
    if (end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 2);
      return line;
    }
    const auto size = ssl_ ? SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()))
                           : ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size <= 0) return std::nullopt;
    unread_.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

bool SmtpServer::Session::say(const std::string& reply) {
  const std::string bytes = reply + "\r\n";
  last_said_ = reply;
  if (ssl_) return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
}

void SmtpServer::State::listen() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener, raw, size) != 0 || ::getsockname(listener, raw, &size) != 0 ||
      ::listen(listener, 64) != 0)
    throw std::runtime_error("an SMTP server cannot listen");
  port = ntohs(address.sin_port);
}

void SmtpServer::State::start_tls() {
  const std::string key = folder.path() + "/server.key";
  write_certificate(certificate(), key);
  tls.reset(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate_file(tls.get(), certificate().c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("a certificate cannot be read");
}

void SmtpServer::State::accept_all() {
  while (true) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock{mutex};
    if (socket < 0 || is_stopping) {
      if (socket >= 0) ::close(socket);
      return;
    }
    sockets.push_back(socket);
    threads.emplace_back([this, socket, number = ++connections] {
      Session{*this, socket, number}.run();
      const std::lock_guard guard{mutex};
      std::erase(sockets, socket);
      ::close(socket);
    });
  }
}

SmtpServer::SmtpServer(SmtpScript script) : state_(std::make_unique<State>()) {
  std::signal(SIGPIPE, SIG_IGN);
  state_->script = std::move(script);
  state_->start_tls();
  state_->listen();
  state_->acceptor = std::thread([state = state_.get()] { state->accept_all(); });
}

SmtpServer::~SmtpServer() {
  {
    const std::lock_guard lock{state_->mutex};
    state_->is_stopping = true;
    for (const int socket : state_->sockets) ::shutdown(socket, SHUT_RDWR);
  }
  ::shutdown(state_->listener, SHUT_RDWR);
  state_->acceptor.join();
  for (std::thread& thread : state_->threads) thread.join();
  ::close(state_->listener);
}

void SmtpServer::follow(SmtpScript script) {
  const std::lock_guard lock{state_->mutex};
  state_->script = std::move(script);
}

SmtpConfig SmtpServer::config() const {
  SmtpConfig config;
  config.host = "127.0.0.1";
  config.port = state_->port;
  config.ca_file = state_->certificate();
  config.connect_timeout = 5s;
  config.timeout = 5s;
  const std::lock_guard lock{state_->mutex};
  if (state_->script.is_tls) config.tls = SmtpConfig::Tls::implicit;
  return config;
}

std::vector<ReceivedMail> SmtpServer::mails() const {
  const std::lock_guard lock{state_->mutex};
  return state_->mails;
}

std::vector<std::string> SmtpServer::commands() const {
  const std::lock_guard lock{state_->mutex};
  return state_->commands;
}

std::size_t SmtpServer::connections() const {
  const std::lock_guard lock{state_->mutex};
  return state_->connections;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "parley-mail-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace parley::mail::testing
