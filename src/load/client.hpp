#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "load/loop.hpp"
#include "load/wire.hpp"

namespace parley::load {

class Client;

/// Who uses clients.
class ClientHandler {
 public:
  virtual ~ClientHandler() = default;
  virtual void on_joined(Client& client) = 0;
  /// An event or an acknowledgement; borrowed for the call.
  virtual void on_packet(Client& client, const Packet& packet) = 0;
  /// The connection could not be made, or has ended; not after leave().
  virtual void on_lost(Client& client, std::string_view why) = 0;
};

/// One device: a Socket.IO client over WebSocket, joined to `/`. Answers pings by itself.
class Client final : private StreamHandler {
 public:
  /// `number`: the owner's name for it.
  Client(Loop& loop, ClientHandler& handler, std::size_t number)
      : stream_(loop, *this), handler_(handler), number_(static_cast<std::uint32_t>(number)) {}

  /// Begins to connect; `address` and `token` outlive the connection.
  void join(const Address& address, std::string_view token);
  /// Ends it without a word.
  void leave();

  bool is_joined() const { return state_ == State::joined; }
  std::uint32_t number() const { return number_; }
  /// Sends an Engine.IO message such as `42["typing",{…}]`.
  void send(std::string_view text) {
    append_client_frame(stream_.out(), websocket::Opcode::text, text);
  }
  std::uint64_t next_ack() { return acks_++; }

 private:
  enum class State : std::uint8_t { away, opening, upgrading, joining, joined };

  void on_open() override;
  void on_bytes(std::string_view bytes) override;
  void on_end(std::string_view why) override;

  void read_frames(std::string_view bytes);
  bool on_frame(websocket::Opcode opcode, std::string_view payload);
  void on_text(const Packet& packet);
  /// Closes and tells the handler.
  void lose(std::string why);

  Stream stream_;
  ClientHandler& handler_;
  const Address* address_ = nullptr;
  std::string_view token_;
  FrameReader reader_;
  std::string response_;  ///< Of the upgrade, while it is not whole.
  std::uint64_t acks_ = 0;
  std::uint32_t number_;
  State state_ = State::away;
};

}  // namespace parley::load
