#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "redis/client.hpp"

namespace parley::redis::testing {

/// A temporary folder that goes with its object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A `redis-server` of this test's own, on a free port of 127.0.0.1, with its files in a temporary
/// folder; killed with the object (and with the thread that started it). Keeps nothing over a
/// restart unless `append_only`. Its calls block, and throw std::runtime_error when the server
/// cannot be had: a test then fails with that line.
class RedisServer {
 public:
  struct Options {
    bool append_only = false;  ///< Keeps its data over stop() and start_again(), fsync always.
    bool tls = false;          ///< config() uses TLS, with a certificate for 127.0.0.1 made here.
    std::string password{};
    std::vector<std::string> arguments{};  ///< More of the command line: `--maxmemory`, `1mb`.
  };

  RedisServer();
  explicit RedisServer(Options options);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  void stop();         ///< SIGKILL, and waits until it is gone.
  void start_again();  ///< After stop(), on the same port; returns when it answers.
  void pause();        ///< SIGSTOP: it takes connections and bytes, and answers nothing.
  void resume();

  /// How to reach it; comes back fast (backoff from 5 to 50 ms).
  Config config() const;
  std::string url() const;
  std::uint16_t port() const { return port_; }  ///< Without TLS, in any case.

  /// One command on a connection of its own, from any thread. An error of the server is an
  /// ErrorReply.
  Reply call(const Command& command) const;

 private:
  void start();
  void end(int signal);
  bool answers() const;
  std::vector<Command> with_password(const Command& command) const;
  void make_certificate() const;
  std::vector<std::string> command_line() const;

  Options options_;
  Folder folder_;
  std::uint16_t port_ = 0, tls_port_ = 0;
  pid_t pid_ = -1;
};

/// A server that answers what its script says: bad RESP, silence, half a reply. Each connection
/// runs the script in a thread of its own.
class FakeServer {
 public:
  /// One connection, seen by the server. Calls block; after the end of the connection they do
  /// nothing.
  class Peer {
   public:
    explicit Peer(int socket) : socket_(socket) {}
    /// Reads until `count` commands have come; false when the client has gone before.
    bool take_commands(std::size_t count);
    /// All that came since the start.
    const std::string& received() const { return received_; }
    /// False when the client has gone.
    bool send(std::string_view bytes);
    /// Reads, and answers nothing, until the client goes.
    void stay_silent();

   private:
    bool read_more();
    int socket_;
    std::string received_;
    std::size_t commands_taken_ = 0;
  };
  using Script = std::function<void(Peer& peer)>;

  /// `script` begins after the client's handshake (CLIENT SETNAME, PING) was answered.
  explicit FakeServer(Script script);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  Config config() const;
  std::size_t connections() const;

 private:
  struct State;
  static void accept_all(std::shared_ptr<State> state);
  static void serve(std::shared_ptr<State> state, int socket);

  std::shared_ptr<State> state_;
  std::thread acceptor_;
};

}  // namespace parley::redis::testing
