#include "app/control.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/descriptor.hpp"
#include "settings/scratch_folder.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;

/// As long as it lives, this process can open nothing.
class NothingMore {
 public:
  NothingMore() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NothingMore() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

/// By its timeout: poll() refuses to wait for more descriptors than may be opened, be it one.
bool has_answer(const Descriptor& socket, std::chrono::microseconds patience) {
  const timeval within{patience / 1s, (patience % 1s).count()};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &within, sizeof within);
  char first = 0;
  return ::recv(socket.get(), &first, 1, 0) == 1;
}

Task<Result<json::object>> say_alive(json::object) { co_return json::object{}; }

/// More than fits between the two.
Task<Result<json::object>> much(std::atomic<int>& asked) {
  ++asked;
  co_return json::object{{"much", std::string(32 << 20, 'x')}};
}

/// Of a connection of which nothing is read.
bool has_hung_up(const Descriptor& socket) {
  pollfd ended{socket.get(), 0, 0};
  return ::poll(&ended, 1, 5'000) == 1 && (ended.revents & POLLHUP) != 0;
}

Descriptor connect_to(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  Descriptor client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return client;
}

/// Reads what there is; true when the server ends the connection within 5 s of silence.
bool is_cut_off(const Descriptor& socket) {
  const timeval within{5, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &within, sizeof within);
  std::array<char, 65'536> bytes;
  for (ssize_t got = 1; got > 0;) {
    got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (got == 0) return true;
  }
  return errno == ECONNRESET;
}

TEST(Control, cuts_off_who_asks_nothing_or_takes_no_answer) {
  const ScratchFolder folder;
  const auto path = control_socket(folder / "");
  net::Shards shards{1};
  std::atomic<int> asked{0};
  const auto say_much = [&asked](json::object) { return much(asked); };
  const Control control(shards[0], path, {{"much", say_much}}, 50ms);
  shards.start();
  const Descriptor silent = connect_to(path), slow = connect_to(path);
  ASSERT_EQ(::send(silent.get(), "{", 1, 0), 1);
  const std::string question = "{\"command\":\"much\"}\n";
  ASSERT_EQ(::send(slow.get(), question.data(), question.size(), 0),
            static_cast<ssize_t>(question.size()));
  EXPECT_TRUE(is_cut_off(silent));
  while (asked == 0) std::this_thread::yield();
  EXPECT_TRUE(has_hung_up(slow)) << "with the rest of the answer";
  shards.stop();
}

TEST(Control, answers_again_after_the_process_had_no_descriptor_left) {
  const ScratchFolder folder;
  const auto path = control_socket(folder / "");
  net::Shards shards{1};
  const Control control(shards[0], path, {{"alive", say_alive}});
  shards.start();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const Descriptor client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const std::string question = "{\"command\":\"alive\"}\n";
  {
    const NothingMore left;
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::send(client.get(), question.data(), question.size(), 0),
              static_cast<ssize_t>(question.size()));
    EXPECT_FALSE(has_answer(client, 200ms));
  }
  EXPECT_TRUE(has_answer(client, 5s));
  shards.stop();
}

}  // namespace
}  // namespace parley::app
