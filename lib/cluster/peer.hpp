#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.hpp"
#include "cluster/config.hpp"
#include "cluster/counts.hpp"
#include "cluster/requests.hpp"
#include "cluster/room_index.hpp"
#include "cluster/wire.hpp"
#include "net/shard.hpp"
#include "socketio/namespace.hpp"

namespace parley::cluster {

/// What other servers answered.
struct Collected {
  std::vector<Message> answers;
  bool complete = false;  ///< All of them, in time.
};

/// One namespace of this process among the servers of a cluster: hears what others say and hands it
/// inwards, and asks them. Lives on the home shard; what any thread may call says so. Shared with
/// the calls and coroutines that are on their way; the adapter that made it closes it.
class Peer final : public std::enable_shared_from_this<Peer> {
 public:
  /// All of them outlive the adapter.
  struct Surroundings {
    net::Shard& home;
    redis::Client& client;
    redis::Subscriber& subscriber;
    Counters& counters;
  };

  Peer(Surroundings surroundings, const Config& config, socketio::Namespace& nsp,
       socketio::Adapter& inner, std::unique_ptr<const Wire> wire);

  /// Any thread: begins to listen.
  void start();
  /// Nothing is handed inwards any more. On the home shard, or when the shards have stopped.
  void close() { is_closed_ = true; }

  /// Any thread.
  net::Shard& home() { return around_.home; }
  const Wire& wire() const { return *wire_; }
  const Config& config() const { return config_; }
  bool is_connected() const { return around_.client.is_connected(); }
  /// Counts, and drops while there is no connection.
  void publish(redis::Command command);
  /// Counts what was not even encoded, for lack of a connection.
  void count_dropped() { Counters::add(around_.counters.dropped); }
  /// A room got its first member on the current shard, or lost its last.
  void on_room(std::string_view room, bool exists);

  /// Whether what others send to a room that has members here comes here. unknown: not yet.
  redis::Standing standing(std::string_view room) const;
  /// A message of the subscriber.
  void receive(std::string_view channel, std::string_view bytes);

  /// Asks all other servers; awaited on any shard.
  static Task<Collected> collect(std::shared_ptr<Peer> self, Message request);
  /// Asks the selected clients of all servers; `sink` is called on the home shard.
  void ask_clients(socketio::Selection selection, std::shared_ptr<const socketio::AskedEvent> event,
                   socketio::AckSink sink);

 private:
  struct Asking;
  using Collect = std::function<void(Collected)>;

  redis::Subscriber::Handler handler();
  void note_room(std::string_view room, bool exists);
  /// Whether this server is one of those that listen to a channel of `Wire::channels`.
  bool is_counted(std::string_view channel) const;

  void handle(Message message);
  void move_sockets(const Message& message);
  void ask_here(Message message);
  void emit_here(const Message& message);
  static Task<void> answer_fetch(std::shared_ptr<Peer> self, Message message);
  void answer(const Message& answer, const Message& to);

  static Task<std::optional<std::size_t>> count_others(std::shared_ptr<Peer> self);
  static Task<void> gather(std::shared_ptr<Peer> self, Message request, Collect done);
  static Task<void> ask_others(std::shared_ptr<Peer> self, std::shared_ptr<Asking> asking,
                               Message request);

  Surroundings around_;
  const Config& config_;
  socketio::Namespace& nsp_;
  socketio::Adapter& inner_;
  std::unique_ptr<const Wire> wire_;
  const std::vector<Channel> channels_;  ///< Of the wire, listened to for good.
  RoomIndex rooms_;
  Requests requests_;
  bool is_closed_ = false;
};

}  // namespace parley::cluster
