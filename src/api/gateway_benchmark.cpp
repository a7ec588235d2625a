// What a message costs a shard, from the socket to the socket, without what a store does: a turn in
// which many people write to one another, over real connections. The store here keeps nothing, and
// commits when it is told to.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <deque>
#include <stdexcept>

#include "api/event_names.hpp"
#include "api/test_house.hpp"
#include "base/benchmarking.hpp"
#include "base/descriptor.hpp"
#include "base/object_id.hpp"
#include "http/server.hpp"
#include "websocket/client_frame.hpp"

namespace parley::api {
namespace {

constexpr std::size_t pairs = 32;

/// Says what a store would say, all of it in one batch.
class ForgetfulStore final : public chat::MessageStore,
                             public chat::ReceiptStore,
                             public chat::Feed {
 public:
  void append_for(chat::NewMessage draft, std::unique_ptr<chat::AppendWaiter> waiter) override {
    calls_.push_back({stored(draft), std::move(waiter)});
    const chat::Message& message = calls_.back().message;
    changes_.emplace_back(
        chat::MessageAppended{message, {{message.sender, 0}, {message.receiver, 1}}});
  }
  Task<Result<chat::Appended>> append(chat::NewMessage) override { co_return nothing(); }
  Task<Result<Done>> mark_delivered(std::vector<chat::DeliveryMark> marks, Time now) override {
    for (const chat::DeliveryMark& mark : marks)
      changes_.emplace_back(chat::MessageDelivered{mark.conversation_id, mark.message_id, mark.seq,
                                                   mark.sender, mark.user, now, ++version_});
    co_return Done{};
  }
  chat::Version subscribe(Executor executor, Subscriber subscriber) override {
    subscribers_.emplace_back(executor, std::move(subscriber));
    return version_;
  }

  /// Publishes and answers all that was asked for.
  void commit() {
    const auto batch = std::make_shared<const chat::ChangeBatch>(
        chat::ChangeBatch{std::exchange(changes_, {}), version_});
    for (auto& [executor, subscriber] : subscribers_)
      asio::post(executor, [&subscriber = subscriber, batch] { subscriber(batch); });
    asio::post(subscribers_.front().first, [calls = std::exchange(calls_, {})]() mutable {
      for (Call& call : calls)
        call.waiter->on_appended(chat::Appended{std::move(call.message), false});
    });
  }

  Task<Result<chat::MessagePage>> history(chat::HistoryQuery) override { co_return nothing(); }
  Task<Result<chat::MessagePage>> backlog(chat::BacklogQuery) override {
    co_return chat::MessagePage{};
  }
  Task<Result<chat::SyncPage>> changes(chat::UserId, chat::SyncCursor, std::size_t) override {
    co_return nothing();
  }
  Task<Result<Done>> mark_read(chat::UserId, chat::MessageId, Time) override {
    co_return nothing();
  }

 private:
  struct Call {
    chat::Message message;
    std::unique_ptr<chat::AppendWaiter> waiter;
  };

  static Error nothing() { return fail(Errc::not_found, "nothing is kept"); }

  chat::Message stored(chat::NewMessage& draft) {
    chat::Message message;
    message.id.bytes = ids_.next(draft.now);
    message.conversation_id.bytes = draft.sender.bytes;
    message.sender = draft.sender;
    message.receiver = draft.receiver;
    message.content = std::move(draft.content);
    message.client_id = std::move(draft.client_id);
    message.seq = message.version = ++version_;
    message.created_at = draft.now;
    return message;
  }

  ObjectIdSource ids_;
  chat::Version version_ = 0;
  std::vector<chat::Change> changes_;
  std::vector<Call> calls_;
  std::deque<std::pair<Executor, Subscriber>> subscribers_;
};

/// A client's socket.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("no connection");
    ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  }
  void send(std::string_view bytes) const {
    ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  /// Takes what is there; gives how much.
  std::size_t read() const {
    static std::array<char, 64 * 1024> buffer;
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

 private:
  Descriptor socket_;
};

std::string text_frame(std::string_view text) {
  return websocket::client_frame(websocket::Opcode::text, text);
}

/// The server with everybody connected.
class Town {
 public:
  Town() {
    router_.mount(house_.io.engine().config().path, house_.io.endpoint());
    for (std::size_t i = 0; i < 2 * pairs; ++i) people_.push_back(house_.person(name(i)));
    for (const TestHouse::Person& person : people_) connect(person);
    for (std::size_t i = 0; i < people_.size(); ++i) frames_.push_back(message_of(i));
  }

  /// Everybody writes to their neighbour, and is told of what they wrote the turn before.
  std::size_t turn() {
    for (std::size_t i = 0; i < people_.size(); ++i) peers_[i].send(frames_[i]);
    house_.settle();
    store_.commit();
    house_.settle();
    std::size_t told = 0;
    for (const Peer& peer : peers_) told += peer.read();
    return told;
  }
  std::size_t size() const { return people_.size(); }

 private:
  static http::Config config() {
    http::Config made;
    made.host = "127.0.0.1";
    made.port = 0;
    return made;
  }
  static std::string name(std::size_t i) { return "person" + std::to_string(i); }

  void connect(const TestHouse::Person& person) {
    const Peer& peer = peers_.emplace_back(server_.port());
    peer.send(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: here\r\nConnection: "
        "Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    house_.settle();
    peer.send(text_frame("40{\"token\":\"" + person.access_token + "\"}"));
    house_.settle();
    if (peer.read() == 0) throw std::runtime_error("no handshake");
  }
  std::string message_of(std::size_t i) const {
    return text_frame("427[\"" + std::string{events::send_message} + "\",{\"receiverId\":\"" +
                      people_[i ^ 1].id.hex() + "\",\"content\":\"" + std::string(100, 'x') +
                      "\",\"clientId\":\"0b8f9a50-6a3c-4c26-8f0e-0f2a35a1a0c7\"}]");
  }

  ForgetfulStore store_;
  TestHouse house_{{&store_, &store_, &store_, 1}, {}};
  http::Router router_;
  http::Server server_{house_.shards, config(), router_};
  std::vector<TestHouse::Person> people_;
  std::deque<Peer> peers_;
  std::vector<std::string> frames_;
};

void turn_of_messages(benchmark::State& state) {
  Town town;
  const std::size_t expected = town.turn();
  town.turn();
  for (auto _ : state) {
    if (town.turn() < expected) return state.SkipWithError("somebody was not told");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(town.size()));
}
BENCHMARK(turn_of_messages)->Name("gateway_turn_of_64_messages")->Apply(counted<50>);

}  // namespace
}  // namespace parley::api
