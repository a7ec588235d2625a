// What one node tells another on a user's channel, as anybody who reaches Redis may write it. What
// decodes must encode, and decode to the same.
#include <cstdint>
#include <cstdlib>

#include "nodes/change_codec.hpp"

using namespace parley;
using namespace parley::nodes;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string encode(const Notice& notice) {
  if (const auto* close = std::get_if<CloseLogins>(&notice.what)) {
    return encode_close(notice.node, *close);
  }
  std::vector<std::string> encoded;
  for (const chat::Change& change : std::get<std::vector<chat::Change>>(notice.what)) {
    encoded.push_back(nodes::encode(change));
  }
  std::vector<const std::string*> changes;
  for (const std::string& change : encoded) changes.push_back(&change);
  return encode_changes(notice.node, changes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto notice = decode(text);
  if (!notice) return 0;
  const std::string encoded = encode(*notice);
  require(is_own(encoded, notice->node));
  const auto again = decode(encoded);
  require(again.has_value());
  require(again->node == notice->node && encode(*again) == encoded);
  return 0;
}
