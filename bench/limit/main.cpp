// The raw limit of the hot path: what storing, delivering and acknowledging costs at least. Takes
// the place of `parley serve` in a bench: listens on 127.0.0.1, PORT, and logs into DATA_DIR.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "relay.hpp"

namespace {
volatile std::sig_atomic_t stopped = 0;

std::string setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}
}  // namespace

int main() {
  std::signal(SIGTERM, [](int) { stopped = 1; });
  std::signal(SIGINT, [](int) { stopped = 1; });
  try {
    const std::string port = setting("PORT", "8000");
    parley::limit::Log log(setting("DATA_DIR", ".") + "/limit.log");
    parley::limit::Relay relay(log, static_cast<std::uint16_t>(std::stoul(port)));
    std::printf("limit is ready: http://localhost:%s\n", port.c_str());
    std::fflush(stdout);
    relay.run(stopped);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limit: %s\n", error.what());
    return 1;
  }
}
