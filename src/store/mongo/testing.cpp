#include "store/mongo/testing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <stdexcept>

namespace parley::store::mongo {

namespace {
constexpr auto longest_build = std::chrono::minutes(5);  // FerretDB, the first time
constexpr int nothing_to_be_had = 77;

template <class T>
T good(Result<T> result) {
  if (!result) throw std::runtime_error("refused: " + result.error().detail);
  return std::move(*result);
}

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// `mongodb://host:1/any?x=y` with the path `name` and further options.
std::string uri_of(const std::string& server, const std::string& name, const std::string& options) {
  const auto hosts = server.find("://") + 3;
  const auto question = std::min(server.find('?', hosts), server.size());
  const auto path = std::min(server.find('/', hosts), question);
  std::string query = question < server.size() ? server.substr(question + 1) : "";
  if (!options.empty()) query += (query.empty() ? "" : "&") + options;
  return server.substr(0, path) + "/" + name + (query.empty() ? "" : "?" + query);
}

std::string port_of(const std::string& uri) {
  const auto colon = uri.rfind(':');
  return uri.substr(colon + 1, uri.find_first_not_of("0123456789", colon + 1) - colon - 1);
}

/// The child's part after fork: nothing here allocates.
[[noreturn]] void become_server(char* const* arguments, int output, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}
}  // namespace

TestServer::TestServer() {
  std::string name = (std::filesystem::temp_directory_path() / "parley-mongo-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = name;
  start();
}

TestServer::~TestServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

TestServer& TestServer::shared() {
  static TestServer server;
  return server;
}

bool TestServer::can_restart() const { return ::getenv("MONGO_URI") == nullptr; }

void TestServer::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

void TestServer::restart() {
  kill();
  start();
}

void TestServer::start() {
  std::string script = PARLEY_ROOT "/tests/mongo/server", data = directory_ / "data";
  std::string port = uri_.empty() ? "0" : port_of(uri_);
  char* const arguments[] = {script.data(), data.data(), port.data(), nullptr};
  const std::string error_file = directory_ / "errors";
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const int errors = ::open(error_file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  process_ = ::fork();
  if (process_ == 0) become_server(arguments, ends[1], errors);
  ::close(ends[1]);
  ::close(errors);
  wait_for_uri(ends[0]);
  ::close(ends[0]);
}

void TestServer::wait_for_uri(int pipe) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + longest_build;
  std::string said;
  while (said.find('\n') == std::string::npos && Clock::now() < deadline) {
    pollfd waiting{pipe, POLLIN, 0};
    if (::poll(&waiting, 1, 1000) <= 0) continue;
    char bytes[512];
    const auto count = ::read(pipe, bytes, sizeof bytes);
    if (count <= 0) break;
    said.append(bytes, static_cast<std::size_t>(count));
  }
  if (const auto end = said.find('\n'); end != std::string::npos) {
    uri_ = said.substr(0, end);
    return;
  }
  int status = 0;
  ::kill(process_, SIGTERM);
  ::waitpid(process_, &status, 0);
  process_ = -1;
  const std::string line = first_line(directory_ / "errors");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != nothing_to_be_had)
    throw std::runtime_error("tests/mongo/server failed: " + line);
  absence_ = line;
}

bool is_skipped_without(const TestServer& server) {
  if (server.absence().empty()) return false;
  [&server] { GTEST_SKIP() << server.absence(); }();
  return true;
}

TestDatabase::TestDatabase(TestServer& server, const std::string& options) {
  static std::atomic<int> number{0};
  const std::string name =
      "parley-test-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
  uri_ = uri_of(server.uri(), name, options);
  Config config;
  config.uri = uri_;
  client_ = good(Client::open(std::move(config)));
  workers_ = std::make_unique<net::Workers>(net::Workers::Config{8, 4'096});
}

TestDatabase::~TestDatabase() {
  workers_.reset();
  if (auto lease = client_->lease()) (void)lease->drop_database();
}

Lease TestDatabase::lease() { return good(client_->lease()); }

void TestDatabase::put(std::string_view collection, const Document& document) {
  good(lease().insert(collection, document));
}

Document TestDatabase::only(std::string_view collection, const Document& filter) {
  auto found = good(lease().find(collection, filter));
  if (found.size() != 1)
    throw std::runtime_error(std::to_string(found.size()) + " documents of " +
                             std::string(collection));
  return std::move(found.front());
}

Document json(const std::string& text) {
  bson_error_t error{};
  Document document;
  bson_t read;
  if (!bson_init_from_json(&read, text.data(), static_cast<ssize_t>(text.size()), &error))
    throw std::runtime_error(error.message);
  document.merge(View{&read});
  bson_destroy(&read);
  return document;
}

}  // namespace parley::store::mongo
