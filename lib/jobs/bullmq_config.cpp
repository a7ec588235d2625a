#include "jobs/bullmq_config.hpp"

#include <string_view>

#include "jobs/options.hpp"

namespace parley::jobs {

namespace {

/// RFC 4648, with padding.
std::string base64(std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = (held << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6;) out += digits[(held >> (bits -= 6)) & 63];
  }
  if (bits > 0) out += digits[(held << (6 - bits)) & 63];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

}  // namespace

Result<Done> check(const BullmqConfig& config) {
  if (config.prefix.empty() || config.prefix.size() > max_name_bytes)
    return fail(Errc::bad_request, "the queue's prefix is empty or too long");
  return check_queue_name(config.name);
}

std::string connection_name(const BullmqConfig& config, const std::string& worker) {
  std::string name = config.prefix + ":" + base64(config.name);
  if (!worker.empty()) name += ":w:" + worker;
  return name;
}

}  // namespace parley::jobs
