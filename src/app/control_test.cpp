#include "app/control.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstring>

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
