#pragma once

#include "cluster/msgpack.hpp"
#include "cluster/wire.hpp"

namespace parley::cluster {

/// What @socket.io/redis-adapter's createAdapter and @socket.io/redis-emitter speak: broadcasts as
/// MessagePack `[uid, packet, options]` on `<prefix>#<nsp>#` and, for one room,
/// `<prefix>#<nsp>#<room>#`; requests and answers as JSON or MessagePack on
/// `<prefix>-request#<nsp>#` and `<prefix>-response#<nsp>#`. Source: docs/formats/cluster.md.
class ClassicWire final : public Wire {
 public:
  explicit ClassicWire(Address address, DocumentLimits limits = {});

  const Address& address() const override { return address_; }
  std::vector<Channel> channels() const override;
  std::optional<Channel> room_channel(std::string_view) const override { return std::nullopt; }
  socketio::OwnRooms own_rooms() const override { return socketio::OwnRooms::told; }
  std::string_view room_of(std::string_view channel) const override;
  bool is_own(std::string_view bytes) const override {
    return bytes.starts_with(own_broadcast_) || bytes.starts_with(own_request_);
  }
  Result<Message> decode(std::string_view channel, std::string_view bytes) const override;

  redis::Command broadcast(const socketio::Selection& selection,
                           const socketio::EncodedEvent& event) const override;
  redis::Command request(const Message& message) const override;
  redis::Command answer(const Message& message, const Message& to) const override;
  redis::Command count_servers() const override;

 private:
  Result<Message> decode_broadcast(Document document) const;

  Address address_;
  DocumentLimits limits_;
  std::string channel_, request_channel_, response_channel_;
  std::string own_broadcast_, own_request_;  ///< How they begin.
};

}  // namespace parley::cluster
