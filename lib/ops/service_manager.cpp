#include "ops/service_manager.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/descriptor.hpp"

namespace parley::ops {

namespace {

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;
};

Result<Address> address_of(std::string_view socket) {
  Address address;
  address.name.sun_family = AF_UNIX;
  const bool is_abstract = socket.front() == '@';
  if (!is_abstract && socket.front() != '/')
    return fail(Errc::unavailable, "NOTIFY_SOCKET is neither a path nor an abstract name");
  // A path ends with a zero byte; an abstract name begins with one, and ends where the size says.
  if (socket.size() >= sizeof(address.name.sun_path))
    return fail(Errc::unavailable, "NOTIFY_SOCKET is too long");
  std::memcpy(address.name.sun_path, socket.data(), socket.size());
  if (is_abstract) address.name.sun_path[0] = '\0';
  address.size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size() + !is_abstract);
  return address;
}

}  // namespace

ServiceManager ServiceManager::of_environment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return ServiceManager(socket == nullptr ? "" : socket);
}

Result<Done> ServiceManager::tell(std::string_view state) const {
  if (socket_.empty()) return Done{};
  const auto address = address_of(socket_);
  if (!address) return address.error();
  const Descriptor sender{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const timeval patience{0, 100'000};
  ::setsockopt(sender.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto sent = ::sendto(sender.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address->name), address->size);
  if (sent < 0) return fail(Errc::unavailable, std::strerror(errno));
  return Done{};
}

}  // namespace parley::ops
