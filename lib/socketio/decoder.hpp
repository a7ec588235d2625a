#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "socketio/packet.hpp"

namespace parley::socketio {

/// A packet with what its views may borrow from. `packet` also borrows from the text given to
/// Decoder::on_text, so it is used before that text goes.
struct Decoded {
  Packet packet;
  std::vector<std::string> attachments;
  /// The text and the unescaped name of a packet that waited for its attachments; else null.
  std::unique_ptr<std::string> text, name;
};

/// Puts the packets of one connection together: a binary packet's header waits for its attachments.
/// Costs a pointer while nothing is pending. After an error the connection is to be closed.
/// Source: Socket.IO protocol v5, "Binary event".
class Decoder {
 public:
  explicit Decoder(const PacketLimits& limits) : limits_(&limits) {}

  /// nullopt while attachments are missing. Errors: bad_request.
  Result<std::optional<Decoded>> on_text(std::string_view text);
  Result<std::optional<Decoded>> on_binary(std::string_view bytes);
  bool is_waiting() const { return pending_ != nullptr; }

 private:
  const PacketLimits* limits_;
  std::unique_ptr<Decoded> pending_;
};

}  // namespace parley::socketio
