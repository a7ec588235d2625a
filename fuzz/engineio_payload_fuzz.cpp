// Any bytes as a polling payload: what was decoded gives the same again when it is encoded and
// decoded.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "engineio/payload.hpp"

namespace {

using namespace parley::engineio;

using Elements =
    std::vector<std::pair<bool, std::string>>;  // is binary; bytes, or the text with its digit

void require(bool condition) {
  if (!condition) std::abort();
}

/// What comes before the first bad element, and whether there was one.
std::pair<Elements, bool> decode(std::string_view payload) {
  Elements out;
  PayloadReader reader{payload};
  while (!reader.at_end()) {
    const auto element = reader.next();
    if (!element) return {out, true};
    if (element->is_binary) {
      out.emplace_back(true, element->bytes);
    } else {
      out.emplace_back(false,
                       static_cast<char>(element->packet.type) + std::string{element->packet.body});
    }
  }
  return {out, false};
}

std::string encode(const Elements& elements) {
  std::string out;
  for (const auto& [is_binary, bytes] : elements) {
    append_packet(out, is_binary ? Message::binary(bytes)
                                 : Message::packet(PacketType{bytes.front()},
                                                   std::string_view{bytes}.substr(1)));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string payload{reinterpret_cast<const char*>(data), size};
  const auto [elements, bad] = decode(payload);
  if (elements.empty()) return 0;
  const auto [again, worse] = decode(encode(elements));
  require(!worse);
  require(again == elements);
  // The encoding is canonical, but for the unused bits of base64.
  require(bad || encode(elements).size() == payload.size());
  return 0;
}
