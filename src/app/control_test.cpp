#include "app/control.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "base/descriptor.hpp"
#include "settings/scratch_folder.hpp"

namespace parley::app {
namespace {

/// As long as it lives, this process can open nothing.
class NothingMore {
 public:
  NothingMore() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const Descriptor next{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const rlimit none{static_cast<rlim_t>(next.get()), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NothingMore() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

bool has_answer(const Descriptor& socket, int milliseconds) {
  pollfd waiting{socket.get(), POLLIN, 0};
  return ::poll(&waiting, 1, milliseconds) == 1;
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
    EXPECT_FALSE(has_answer(client, 200));
  }
  EXPECT_TRUE(has_answer(client, 5'000));
  shards.stop();
}

}  // namespace
}  // namespace parley::app
