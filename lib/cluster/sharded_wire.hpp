#pragma once

#include "cluster/msgpack.hpp"
#include "cluster/wire.hpp"

namespace parley::cluster {

/// What @socket.io/redis-adapter's createShardedAdapter speaks with subscriptionMode "dynamic":
/// `{"type","data","uid","nsp"}` as JSON, or as MessagePack when there is binary in it, by
/// SPUBLISH. On `<prefix>#<nsp>#`; for one room on `<prefix>#<nsp>#<room>#`; answers on
/// `<prefix>#<nsp>#<asker's uid>#`. Source: docs/formats/cluster.md.
class ShardedWire final : public Wire {
 public:
  explicit ShardedWire(Address address, DocumentLimits limits = {});

  const Address& address() const override { return address_; }
  std::vector<Channel> channels() const override;
  std::optional<Channel> room_channel(std::string_view room) const override;
  socketio::OwnRooms own_rooms() const override { return socketio::OwnRooms::omitted; }
  /// Only what is subscribed comes.
  std::string_view room_of(std::string_view) const override { return {}; }
  bool is_own(std::string_view bytes) const override { return bytes.ends_with(own_end_); }
  Result<Message> decode(std::string_view channel, std::string_view bytes) const override;

  redis::Command broadcast(const socketio::Selection& selection,
                           const socketio::EncodedEvent& event) const override;
  redis::Command request(const Message& message) const override;
  redis::Command answer(const Message& message, const Message& to) const override;
  redis::Command count_servers() const override;

 private:
  std::string enclose(int type, std::string_view data) const;

  Address address_;
  DocumentLimits limits_;
  std::string channel_;
  std::string own_end_;  ///< How this server's JSON messages end.
};

}  // namespace parley::cluster
