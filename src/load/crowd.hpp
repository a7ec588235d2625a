#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "load/accounts.hpp"
#include "load/client.hpp"
#include "load/pacer.hpp"
#include "load/tally.hpp"

namespace parley::load {

/// The devices of some users: makes their connections, keeps them, and notices those that break.
class Crowd final : private ClientHandler {
 public:
  struct Users {
    std::size_t first = 0;
    std::size_t count = 0;
    std::size_t devices = 1;
  };
  /// All of it outlives the crowd.
  Crowd(Loop& loop, const Address& address, const Accounts& accounts, Users users);

  std::size_t size() const { return clients_.size(); }
  /// Device `device` of the crowd's user `user`, both from 0.
  Client& client(std::size_t user, std::size_t device) {
    return *clients_[user * users_.devices + device];
  }
  std::size_t user_of(const Client& client) const { return index_of(client) / users_.devices; }
  std::size_t device_of(const Client& client) const { return index_of(client) % users_.devices; }
  const std::string& id_of(std::size_t user) const { return accounts_.all[users_.first + user].id; }

  /// Who gets events and acknowledgements.
  std::function<void(Client&, const Packet&)> on_packet_of = [](Client&, const Packet&) {};

  /// From now on connects those who are away, at most `at_once` at a time.
  void gather(std::size_t at_once, SteadyTime now);
  /// Ends all connections at once.
  void scatter();
  /// Lost connections come back by themselves from now on, as the official client does it: after a
  /// second at first, five at most, more or less by half.
  void come_back() { comes_back_ = true; }
  /// Begins the connections that are due; gives when the next one is.
  SteadyTime tick(SteadyTime now);

  std::size_t joined() const { return joined_; }
  bool is_complete() const { return joined_ == clients_.size(); }
  std::uint64_t losses() const { return losses_; }
  /// Why the first connection was lost; empty: none was.
  const std::string& first_loss() const { return first_loss_; }
  /// From gather() to joined, of each device.
  const Histogram& times() const { return times_; }

 private:
  std::size_t index_of(const Client& client) const { return client.number() - offset_; }
  void on_joined(Client& client) override;
  void on_packet(Client& client, const Packet& packet) override { on_packet_of(client, packet); }
  void on_lost(Client& client, std::string_view why) override;

  const Address& address_;
  const Accounts& accounts_;
  Users users_;
  std::size_t offset_;  ///< The number of the first client.
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::uint8_t> tries_;
  std::vector<bool> is_in_;  ///< Joined, as far as was heard.
  Turns turns_;
  Random random_{1};
  SteadyTime gathered_;
  std::size_t at_once_ = 0;
  std::size_t opening_ = 0;
  std::size_t joined_ = 0;
  std::uint64_t losses_ = 0;
  std::string first_loss_;
  Histogram times_;
  bool comes_back_ = false;
};

}  // namespace parley::load
