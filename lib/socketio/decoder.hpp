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
  /// What one that has waited for its attachments borrows from.
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
/// Errors: bad_request; too_large as soon as a packet and its attachments are. Source: Socket.IO
/// protocol v5, "Binary event".
class Decoder {
 public:
  explicit Decoder(const PacketLimits& limits) : limits_(&limits) {}

  /// nullopt while attachments are missing. `findings` are new ones.
  Result<std::optional<Decoded>> on_text(std::string_view text, Findings& findings);
  Result<std::optional<Decoded>> on_binary(std::string_view bytes);
  /// The namespace of the packet whose attachments are missing; nullopt when nothing waits.
  std::optional<std::string_view> waiting() const;

 private:
  /// Decoded when it is complete: its text is all that is kept until then.
  struct Pending {
    std::string text;
    std::string nsp;
    std::size_t missing = 0;
    std::size_t room = 0;  ///< Bytes that the missing ones may have.
    std::vector<std::string> attachments;
  };

  const PacketLimits* limits_;
  std::unique_ptr<Pending> pending_;
};

}  // namespace parley::socketio
