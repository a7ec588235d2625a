#include "redis/testing.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/descriptor.hpp"
#include "redis/detail/resp.hpp"

namespace parley::redis::testing {

namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), raw, size) != 0 || ::getsockname(socket.get(), raw, &size) != 0) {
    throw std::runtime_error("no free port on 127.0.0.1");
  }
  return ntohs(address.sin_port);
}

/// Runs a program, found on the PATH, with its output in `log`; dies with the calling thread.
pid_t start_program(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> words;
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

void run_program(const std::vector<std::string>& command, const std::string& log) {
  int status = -1;
  ::waitpid(start_program(command, log), &status, 0);
  if (status != 0) throw std::runtime_error(command[0] + " failed: " + log);
}

/// One command over a blocking connection; nullopt when there is no answer within a second.
std::optional<Reply> ask(std::uint16_t port, const std::vector<Command>& commands) {
  const Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const timeval patience{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const sockaddr_in address = loopback(port);
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), raw, sizeof address) != 0) return std::nullopt;
  std::string bytes;
  for (const Command& command : commands) detail::append_command(bytes, command);
  ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  detail::ReplyReader reader{64 << 20};
  std::array<char, 4096> buffer;
  for (std::size_t left = commands.size();;) {
    const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return std::nullopt;
    if (!reader.feed({buffer.data(), static_cast<std::size_t>(size)})) return std::nullopt;
    for (auto next = reader.next(); next && *next; next = reader.next()) {
      if (--left == 0) return std::move((*next)->reply);
    }
  }
}

}  // namespace

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "parley-redis-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

RedisServer::RedisServer() : RedisServer(Options{}) {}

RedisServer::RedisServer(Options options) : options_(std::move(options)) {
  if (options_.tls) make_certificate();
  // Another program may take the port between here and the server's start.
  for (int attempt = 0;; ++attempt) {
    port_ = free_port();
    if (options_.tls) tls_port_ = free_port();
    try {
      start();
      break;
    } catch (const std::runtime_error&) {
      if (attempt == 2) throw;
    }
  }
}

RedisServer::~RedisServer() { end(SIGKILL); }

void RedisServer::stop() { end(SIGKILL); }
void RedisServer::start_again() { start(); }
void RedisServer::pause() { ::kill(pid_, SIGSTOP); }
void RedisServer::resume() { ::kill(pid_, SIGCONT); }

void RedisServer::end(int signal) {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::vector<std::string> RedisServer::command_line() const {
  const std::string& in = folder_.path();
  std::vector<std::string> line{
      "redis-server", "--bind", "127.0.0.1", "--port", std::to_string(port_),
      "--save",       "",       "--dir",     in};
  const auto add = [&line](std::initializer_list<std::string> more) {
    line.insert(line.end(), more);
  };
  if (options_.append_only) add({"--appendonly", "yes", "--appendfsync", "always"});
  if (!options_.password.empty()) add({"--requirepass", options_.password});
  if (options_.tls) {
    add({"--tls-port", std::to_string(tls_port_), "--tls-cert-file", in + "/server.crt",
         "--tls-key-file", in + "/server.key", "--tls-ca-cert-file", in + "/ca.crt",
         "--tls-auth-clients", "no"});
  }
  line.insert(line.end(), options_.arguments.begin(), options_.arguments.end());
  return line;
}

void RedisServer::start() {
  const std::string log = folder_.path() + "/log";
  pid_ = start_program(command_line(), log);
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (!answers()) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error(
          WIFEXITED(status) && WEXITSTATUS(status) == 127
              ? "redis-server is not on the PATH (scripts/install-deps --test has it)"
              : "redis-server ended at its start");
    }
    if (std::chrono::steady_clock::now() > limit) {
      end(SIGKILL);
      throw std::runtime_error("redis-server does not answer");
    }
    std::this_thread::sleep_for(5ms);
  }
}

/// LOADING is no answer yet, nor is that of another test's server, which was first at the port.
bool RedisServer::answers() const {
  const auto pong = ask(port_, with_password({"PING"}));
  if (!pong || pong->error() != nullptr) return false;
  const auto info = ask(port_, with_password({"INFO", "server"}));
  const std::string ours = "process_id:" + std::to_string(pid_) + "\r\n";
  return info && info->text() != nullptr && info->text()->find(ours) != std::string::npos;
}

std::vector<Command> RedisServer::with_password(const Command& command) const {
  if (options_.password.empty()) return {command};
  return {{"AUTH", options_.password}, command};
}

Reply RedisServer::call(const Command& command) const {
  auto reply = ask(port_, with_password(command));
  if (!reply) throw std::runtime_error("redis-server does not answer");
  return std::move(*reply);
}

Config RedisServer::config() const {
  Config config;
  config.port = options_.tls ? tls_port_ : port_;
  config.password = options_.password;
  config.tls = options_.tls;
  if (options_.tls) config.ca_file = folder_.path() + "/ca.crt";
  config.backoff_min = 5ms;
  config.backoff_max = 50ms;
  config.refused_again = 20ms;
  return config;
}

std::string RedisServer::url() const {
  std::string url = options_.tls ? "rediss://" : "redis://";
  if (!options_.password.empty()) url.append(":").append(options_.password).append("@");
  return url.append("127.0.0.1:").append(std::to_string(options_.tls ? tls_port_ : port_));
}

/// A CA of this test's own, and a server certificate for 127.0.0.1 by it.
void RedisServer::make_certificate() const {
  const std::string& in = folder_.path();
  const std::string log = in + "/openssl.log";
  std::ofstream{in + "/extensions"} << "subjectAltName=IP:127.0.0.1\n";
  run_program(
      {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
       "-days", "2", "-subj", "/CN=Test CA", "-keyout", in + "/ca.key", "-out", in + "/ca.crt"},
      log);
  run_program({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-subj", "/CN=redis", "-keyout", in + "/server.key", "-out", in + "/server.csr"},
              log);
  run_program({"openssl", "x509", "-req", "-in", in + "/server.csr", "-CA", in + "/ca.crt",
               "-CAkey", in + "/ca.key", "-CAcreateserial", "-days", "2", "-extfile",
               in + "/extensions", "-out", in + "/server.crt"},
              log);
}

}  // namespace parley::redis::testing
