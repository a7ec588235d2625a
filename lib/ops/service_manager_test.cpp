#include "ops/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>

#include "base/descriptor.hpp"

namespace parley::ops {
namespace {

/// What systemd listens with. `name` without the @ of abstract names.
class Listener {
 public:
  Listener(const std::string& name, bool is_abstract)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + is_abstract, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  }

  /// The next datagram; empty: there is none.
  std::string heard() const {
    std::array<char, 256> bytes;
    const auto size = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(bytes.data(), static_cast<std::size_t>(size));
  }

 private:
  Descriptor socket_;
};

std::string name_of_this(const std::string& test) {
  return "parley-" + test + '-' + std::to_string(::getpid());
}

TEST(ServiceManager, is_told_at_a_path) {
  const auto path = std::filesystem::temp_directory_path() / name_of_this("path");
  const Listener listener(path, false);
  const ServiceManager manager{path};
  EXPECT_TRUE(manager.tell("READY=1"));
  EXPECT_TRUE(manager.tell("STOPPING=1"));
  EXPECT_EQ(listener.heard(), "READY=1");
  EXPECT_EQ(listener.heard(), "STOPPING=1");
  std::filesystem::remove(path);
}

TEST(ServiceManager, is_told_at_an_abstract_name) {
  const std::string name = name_of_this("abstract");
  const Listener listener(name, true);
  EXPECT_TRUE(ServiceManager{'@' + name}.tell("READY=1"));
  EXPECT_EQ(listener.heard(), "READY=1");
}

TEST(ServiceManager, is_nobody_where_no_socket_is_named) {
  EXPECT_TRUE(ServiceManager{""}.tell("READY=1"));
}

TEST(ServiceManager, that_cannot_be_told_is_an_error) {
  EXPECT_EQ(ServiceManager{"/nowhere/notify"}.tell("READY=1").error(),
            fail(Errc::unavailable, "No such file or directory"));
  EXPECT_EQ(ServiceManager{"vsock:2:1234"}.tell("READY=1").error(),
            fail(Errc::unavailable, "NOTIFY_SOCKET is neither a path nor an abstract name"));
  EXPECT_EQ(ServiceManager{'/' + std::string(120, 'x')}.tell("READY=1").error(),
            fail(Errc::unavailable, "NOTIFY_SOCKET is too long"));
}

TEST(ServiceManager, that_does_not_listen_is_not_waited_for) {
  const std::string name = name_of_this("full");
  const Listener listener(name, true);
  const ServiceManager manager{'@' + name};
  Result<Done> told = Done{};
  for (int i = 0; i < 100'000 && told; ++i) told = manager.tell("READY=1");
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace parley::ops
