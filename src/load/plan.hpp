#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace parley::load {

enum class Scenario {
  send,     ///< Messages: stored, delivered, acknowledged.
  idle,     ///< Connections that are held and say nothing.
  storm,    ///< All connections but a few break and come back at once.
  history,  ///< Pages of history and lists of conversations over REST.
  login,    ///< Logins over REST.
};

/// What tells a sender that a message has arrived.
enum class Answer {
  ack,   ///< The Socket.IO acknowledgement.
  echo,  ///< The sender's own receive_message, for servers that acknowledge nothing.
};

/// What `parley bench` was asked for.
struct Plan {
  Scenario scenario = Scenario::send;
  std::string url = "http://127.0.0.1:8000";
  std::size_t users = 1'000;
  std::size_t devices = 1;    ///< Connections of each user.
  double seconds = 10;        ///< That are measured.
  double warm_up = 2;         ///< Seconds before that.
  double settle = 5;          ///< Seconds without news after which what is missing counts as lost.
  double rate = 0;            ///< Calls a second, open loop; 0: closed loop.
  std::size_t in_flight = 1;  ///< Closed loop: messages of each user that are under way at once.
  double think = 0;           ///< Closed loop: mean seconds between an answer and the next message.
  std::size_t contacts = 8;   ///< Mean number of people whom a user writes to.
  double reads = 0;           ///< Share of received messages that are marked as read.
  double typing = 0;          ///< Share of messages that are announced by `typing`.
  std::size_t content = 100;  ///< Bytes of a message's text.
  bool client_ids = false;    ///< Every message has a clientId.
  Answer answer = Answer::ack;
  std::size_t parallel = 16;  ///< REST connections.
  std::size_t depth = 60;     ///< History: messages that each user writes to one contact before.
  std::size_t stay = 100;     ///< Storm: users who stay connected and write to each other.
  std::uint64_t seed = 1;     ///< Of everything that is random.
  std::filesystem::path accounts;  ///< Who was registered, and their tokens; empty: a default.
  int server_pid = 0;              ///< 0: the server's process is not looked at.
  std::filesystem::path report;    ///< An HTML file; empty: none.
  bool json = false;
  bool quiet = false;
};

}  // namespace parley::load
