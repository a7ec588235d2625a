#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "socketio/packet.hpp"

namespace parley::socketio {

/// A packet with its attachments. Without any it borrows from what was given to Decoder::on_text,
/// so it is used before that goes.
struct Decoded {
  /// What one that waited for its attachments borrows from.
  struct Kept {
    std::string text;
    Findings findings;
  };
  Packet packet;
  std::vector<std::string> attachments;
  std::unique_ptr<Kept> kept;
};

/// Puts the packets of one connection together: a binary packet's header waits for its attachments.
/// Costs a pointer while nothing is pending. After an error the connection is to be closed.
/// Source: Socket.IO protocol v5, "Binary event".
class Decoder {
 public:
  explicit Decoder(const PacketLimits& limits) : limits_(&limits) {}

  /// nullopt while attachments are missing. `findings` are new ones. Errors: bad_request.
  Result<std::optional<Decoded>> on_text(std::string_view text, Findings& findings);
  Result<std::optional<Decoded>> on_binary(std::string_view bytes);
  /// The packet whose attachments are missing; nullptr when nothing waits.
  const Packet* waiting() const { return pending_ ? &pending_->packet : nullptr; }

 private:
  const PacketLimits* limits_;
  std::unique_ptr<Decoded> pending_;
};

}  // namespace parley::socketio
