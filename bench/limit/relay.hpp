#pragma once

#include <sys/epoll.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/descriptor.hpp"
#include "base/object_id.hpp"
#include "client.hpp"
#include "log.hpp"
#include "wire.hpp"

namespace parley::limit {

/// The least that a server must do for the contract's send_message, on one thread. A turn: receive
/// from all ready sockets, append to the log, one fdatasync, then events and acknowledgements, one
/// send per connection. That a message reached its receiver is logged, and told, with the next
/// turn. There is no history, no idempotency, no authentication, and one device a user.
class Relay {
 public:
  Relay(Log& log, std::uint16_t port);
  /// Until `stopped`, which a signal sets.
  void run(const volatile std::sig_atomic_t& stopped);

 private:
  struct Conversation {
    std::string id;
    std::uint64_t seq = 0;
  };
  /// A message between its arrival and its receipt. Owns what its Message borrows.
  struct Stored {
    std::string sender, receiver, content, client_id, ack;
    Conversation* conversation = nullptr;
    Message message;
  };

  void turn();
  void accept_all();
  void receive(Client& client);
  void on_text(Client& client, std::string_view text);
  void on_connect(Client& client, std::string_view text);
  void store(Client& client, std::string_view text);
  void log_message(const Stored& stored);
  void announce(Stored& stored);
  void announce_receipts();
  void flush_all();
  Client* find(const std::string& user);
  void touch(Client& client);
  void drop(Client& client);

  Log& log_;
  Descriptor listener_, epoll_;
  const Client::OnText on_text_;
  ObjectIdSource ids_;
  std::array<epoll_event, 1024> events_{};
  std::vector<char> buffer_;
  std::string now_, scratch_, record_;
  std::vector<std::unique_ptr<Client>> clients_;  ///< By socket number.
  std::vector<Client*> dirty_;
  std::unordered_map<std::string, Client*> by_user_;
  std::unordered_map<std::string, Conversation> conversations_;  ///< By the pair's ids, sorted.
  std::vector<Stored> arrived_;                                  ///< In this turn.
  std::vector<Stored> delivered_;                                ///< In the turn before.
};

}  // namespace parley::limit
