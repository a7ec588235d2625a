#include "socketio/testing.hpp"

#include <algorithm>

namespace parley::socketio {
namespace {

std::string packet(const PacketHead& head, std::string_view payload = {}) {
  std::string text;
  append_head(text, head);
  return text.append(payload);
}

json::object parse_object(std::string_view text) {
  const json::array parsed = Payload{std::string{"["}.append(text) + "]", {}}.parse();
  return parsed.size() == 1 && parsed[0].is_object() ? parsed[0].get_object() : json::object{};
}

Payload payload_of(const Decoded& decoded) {
  return {std::string{"["}.append(decoded.packet.args) + "]", decoded.attachments};
}

}  // namespace

TestClient::TestClient(Server& server, net::Shards& shards, std::size_t shard,
                       engineio::Handshake handshake)
    : shards_(shards),
      shard_(shards[shard]),
      session_(shard_, "fake", std::move(handshake)),
      decoder_(limits_) {
  act([&] { session_.open(server.application()); });
}

TestClient::~TestClient() { close(); }

template <class Act>
void TestClient::act(Act act) {
  {
    const net::ShardScope scope{shard_};
    act();
  }
  run();
}

void TestClient::run() {
  std::size_t ran = 1;
  while (ran > 0) {
    ran = 0;
    for (const auto& shard : shards_) {
      const net::ShardScope scope{*shard};
      shard->context().restart();
      ran += shard->context().poll();
    }
  }
  read_sent();
}

void TestClient::run_after(std::chrono::milliseconds duration) {
  for (const auto& shard : shards_) {
    const net::ShardScope scope{*shard};
    shard->timers().run(shard->now() + duration);
  }
  run();
}

bool TestClient::connect(std::string_view nsp, const json::object& auth) {
  connect_error_.reset();
  send_text(packet({PacketType::connect, 0, nsp, std::nullopt},
                   auth.empty() ? "" : json::serialize(auth)));
  return is_connected(nsp);
}

bool TestClient::is_connected(std::string_view nsp) const { return !sid(nsp).empty(); }

std::string TestClient::sid(std::string_view nsp) const {
  const auto found = std::find_if(joined_.begin(), joined_.end(),
                                  [nsp](const auto& in) { return in.first == nsp; });
  return found == joined_.end() || session_.closed() ? std::string{} : found->second;
}

void TestClient::feed(const Messages& messages) {
  act([&] {
    for (const engineio::Message& message : messages) {
      message.is_binary() ? session_.feed_binary(message.payload())
                          : session_.feed_text(message.payload().substr(1));
    }
  });
}

void TestClient::emit(std::string_view event, const Payload& args, std::string_view nsp) {
  feed(encode_event(nsp, event, args));
}

std::optional<Payload> TestClient::emit_with_ack(std::string_view event, const Payload& args,
                                                 std::string_view nsp) {
  const std::uint64_t id = next_ack_id_++;
  feed(encode_event(nsp, event, args, id));
  const auto found = std::find_if(answers_.begin(), answers_.end(),
                                  [id](const auto& one) { return one.first == id; });
  if (found == answers_.end()) return std::nullopt;
  Payload answer = std::move(found->second);
  answers_.erase(found);
  return answer;
}

void TestClient::acknowledge(const Received& event, const Payload& args) {
  if (!event.ack_id) return;
  feed(encode_ack(event.nsp, *event.ack_id, args));
}

void TestClient::disconnect(std::string_view nsp) {
  std::erase_if(joined_, [nsp](const auto& in) { return in.first == nsp; });
  send_text(packet({PacketType::disconnect, 0, nsp, std::nullopt}));
}

void TestClient::close(engineio::CloseReason reason) {
  act([&] { session_.close(reason); });
}

void TestClient::send_text(std::string_view text) {
  act([&] { session_.feed_text(text); });
}

void TestClient::send_binary(std::string_view bytes) {
  act([&] { session_.feed_binary(bytes); });
}

std::vector<TestClient::Received> TestClient::take_events() {
  read_sent();
  return std::exchange(events_, {});
}

std::vector<std::string> TestClient::take(std::string_view event) {
  read_sent();
  std::vector<std::string> texts;
  std::erase_if(events_, [&](Received& received) {
    if (received.name != event) return false;
    texts.push_back(std::move(received.args.json));
    return true;
  });
  return texts;
}

void TestClient::read_sent() {
  const std::vector<engineio::Message> sent = session_.sent();
  session_.take_sent();
  for (const engineio::Message& message : sent) {
    Findings findings;
    const auto decoded = message.is_binary()
                             ? decoder_.on_binary(message.payload())
                             : decoder_.on_text(message.payload().substr(1), findings);
    if (decoded && *decoded) read(**decoded);
  }
}

void TestClient::read(const Decoded& decoded) {
  const Packet& in = decoded.packet;
  switch (in.type) {
    case PacketType::connect:
      connect_reply_ = parse_object(in.json);
      joined_.emplace_back(in.nsp, json::string_member(connect_reply_, "sid").value_or(""));
      break;
    case PacketType::disconnect:
      std::erase_if(joined_, [&in](const auto& joined) { return joined.first == in.nsp; });
      break;
    case PacketType::connect_error:
      connect_error_ = parse_object(in.json);
      break;
    case PacketType::ack:
    case PacketType::binary_ack:
      answers_.emplace_back(*in.id, payload_of(decoded));
      break;
    default:
      events_.push_back({std::string{in.nsp}, std::string{in.name}, payload_of(decoded), in.id});
  }
}

}  // namespace parley::socketio
