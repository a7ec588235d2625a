#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engineio/message.hpp"
#include "engineio/packet.hpp"

namespace parley::engineio {

/// Appends a packet to a polling payload: the separator 0x1E in between, binary as `b` and base64.
/// Source: Engine.IO protocol v4, "Payload encoding".
void append_packet(std::string& payload, const Message& packet);

/// One element of a payload: a text packet, or binary data that has been decoded.
struct PayloadElement {
  bool is_binary = false;
  Packet packet;      ///< Of text. Borrows from the payload.
  std::string bytes;  ///< Of binary.
};

/// Takes a payload apart, element by element, without copying text.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload) : rest_(payload) {}

  /// An empty payload has one element, which is no packet.
  bool at_end() const { return at_end_; }
  /// Bytes that have not been read.
  std::size_t left() const { return rest_.size(); }
  /// The next element; nullopt for one that is no packet: then nothing behind it is to be read.
  std::optional<PayloadElement> next();

 private:
  std::string_view rest_;
  bool at_end_ = false;
};

}  // namespace parley::engineio
