#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace parley::load {

class Stream;

/// One epoll set, one thread. What streams have to say is written once a turn: a stream that was
/// written to in a turn makes one system call at its end.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Waits for something to happen until `deadline` at most, lets streams handle it, then flushes.
  void turn(SteadyTime deadline);
  /// Writes what streams have to say without waiting for anything.
  void flush();

 private:
  friend class Stream;
  void flush_later(Stream& stream) { dirty_.push_back(&stream); }
  void forget(const Stream& stream);

  int epoll_;
  std::vector<Stream*> dirty_;
  std::vector<Stream*> ready_;  ///< Of this turn; nullptr for those that are gone.
  std::unique_ptr<char[]> buffer_;
};

/// Where a server listens.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string host;  ///< As it was written, with the port: for the Host header.
};
/// Of `http://host:port`. Errors: bad_request, unavailable for a name that does not resolve.
Result<Address> resolve(const std::string& url);

/// Who uses a stream.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void on_open() = 0;
  virtual void on_bytes(std::string_view bytes) = 0;
  /// Once, last; not after close(). `why` is a phrase such as "connection refused".
  virtual void on_end(std::string_view why) = 0;
};

/// A TCP connection of ours. Lives on its loop's thread.
class Stream {
 public:
  Stream(Loop& loop, StreamHandler& handler) : loop_(loop), handler_(handler) {}
  ~Stream() { close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Begins to connect. `number` is the connection's own: where the server is on loopback, every
  /// 2,000 have a source address of their own, since one has not ports enough.
  void connect(const Address& address, std::size_t number);
  /// Sent at the end of the turn.
  std::string& out();
  void close();
  bool is_closed() const { return descriptor_ < 0; }

 private:
  friend class Loop;
  void on_events(std::uint32_t events, std::span<char> buffer);
  void finish_connecting();
  void read(std::span<char> buffer);
  void flush();
  void watch(bool writable);
  void end(int error);

  Loop& loop_;
  StreamHandler& handler_;
  std::string out_;
  int descriptor_ = -1;
  bool connecting_ = false;
  bool dirty_ = false;
  bool blocked_ = false;  ///< The kernel's buffer is full.
};

/// Lets this process open `count` files; an error says how many it may.
Result<Done> allow_files(std::size_t count);

}  // namespace parley::load
