#include "engineio/payload.hpp"

#include <utility>

#include "base/base64.hpp"

namespace parley::engineio {
namespace {

constexpr char separator = '\x1e';

}  // namespace

void append_packet(std::string& payload, const Message& packet) {
  if (!payload.empty()) payload.push_back(separator);
  if (!packet.is_binary()) {
    payload.append(packet.payload());
    return;
  }
  payload.push_back('b');
  append_base64(payload, packet.payload());
}

std::optional<PayloadElement> PayloadReader::next() {
  const auto end = rest_.find(separator);
  const std::string_view element = rest_.substr(0, end);
  at_end_ = end == std::string_view::npos;
  rest_ = at_end_ ? std::string_view{} : rest_.substr(end + 1);
  PayloadElement out;
  if (element.starts_with('b')) {
    auto bytes = from_base64(element.substr(1));
    if (!bytes) return std::nullopt;
    out.is_binary = true;
    out.bytes = std::move(*bytes);
    return out;
  }
  const auto packet = decode_packet(element);
  if (!packet) return std::nullopt;
  out.packet = *packet;
  return out;
}

}  // namespace parley::engineio
