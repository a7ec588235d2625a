#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "net/workers.hpp"
#include "store/mongo/client.hpp"

/// A real server for tests (tests/mongo/server says which), and databases on it that go away.
namespace parley::store::mongo {

/// One server, started by `tests/mongo/server` in a folder of its own; gone with its owner.
class TestServer {
 public:
  TestServer();
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  /// The test program's own, started at first use.
  static TestServer& shared();

  /// Why there is none (the runner's line); empty when there is one.
  const std::string& absence() const { return absence_; }
  const std::string& uri() const { return uri_; }
  /// False for a server that was there before us (MONGO_URI).
  bool can_restart() const;
  /// SIGKILL, and waits for its end.
  void kill();
  /// Again, on the same port, with the data of before.
  void restart();

 private:
  void start();
  void wait_for_uri(int pipe);

  std::filesystem::path directory_;
  std::string uri_;
  std::string absence_;
  pid_t process_ = -1;
};

/// Marks the running test as skipped where there is no server. In a test's body or fixture:
/// `if (is_skipped_without(TestServer::shared())) return;`
bool is_skipped_without(const TestServer& server);

/// A fresh, empty database with a client and worker threads; dropped at the end.
class TestDatabase {
 public:
  /// `options` of the URI: `serverSelectionTimeoutMS=500`. Throws when the server is not there.
  explicit TestDatabase(TestServer& server = TestServer::shared(), const std::string& options = {});
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  Client& client() { return *client_; }
  net::Workers& workers() { return *workers_; }
  const std::string& uri() const { return uri_; }
  /// Throws when there is none to be had.
  Lease lease();
  /// As another program would write it. Throws what goes wrong.
  void put(std::string_view collection, const Document& document);
  /// The only document that matches; throws when it is not one.
  Document only(std::string_view collection, const Document& filter = {});

 private:
  std::string uri_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<net::Workers> workers_;
};

/// `{"name": 1, …}` as a document. Throws when it does not read.
Document json(const std::string& text);

}  // namespace parley::store::mongo
