#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engineio/server.hpp"
#include "net/testing.hpp"
#include "websocket/client_frame.hpp"

namespace parley::engineio {

/// An http::Exchange without HTTP: holds a request and writes down what became of it.
class FakeExchange final : public http::Exchange {
 public:
  FakeExchange(net::Shard& shard, http::Request request)
      : request_(std::move(request)), connection_(shard) {}

  std::optional<http::Response> response;
  bool is_aborted = false;
  bool is_taken = false;
  std::optional<std::size_t> max_body;
  net::Shard* moved_to = nullptr;

  /// The client cancels its request.
  void drop() {
    if (is_open() && on_abort_) std::exchange(on_abort_, nullptr)();
  }
  net::FakeConnection& socket() { return connection_; }

  const http::Request& request() const override { return request_; }
  http::Request& request() override { return request_; }
  void respond(http::Response answer) override {
    if (is_open()) response = std::move(answer);
  }
  bool is_open() const override {
    return !response && !is_aborted && !is_taken && moved_to == nullptr;
  }
  void limit_body(std::size_t bytes) override { max_body = bytes; }
  void leave_body() override {}
  void abort() override { is_aborted = true; }
  void on_abort(std::function<void()> callback) override { on_abort_ = std::move(callback); }
  net::Connection& take_over(std::string& leftover) override {
    is_taken = true;
    leftover = leftover_;
    return connection_;
  }
  void move_to(net::Shard& target) override { moved_to = &target; }
  net::Connection& connection() override { return connection_; }
  void set_leftover(std::string bytes) { leftover_ = std::move(bytes); }

 private:
  http::Request request_;
  net::FakeConnection connection_;
  std::function<void()> on_abort_;
  std::string leftover_;
};

/// An application that writes down what it hears, and echoes on demand.
class Recorder final : public Application {
 public:
  /// "text …", "binary …", "drain", "close <reason>"; of all sessions.
  std::vector<std::string> heard;
  /// In the order of their opening; those that were closed as well.
  std::vector<Session*> sessions;
  bool echoes = true;
  bool refuses_sessions = false;
  std::optional<Error> refusal;
  std::string greeting;
  int handlers_alive = 0;

  std::unique_ptr<SessionHandler> on_session(Session& session) override {
    sessions.push_back(&session);
    if (!greeting.empty()) session.send(Message::text(greeting));
    if (refuses_sessions) return nullptr;
    return std::make_unique<Handler>(*this, session);
  }
  Result<Done> allow(const http::Request&) override {
    if (refusal) return *refusal;
    return Done{};
  }
  std::vector<std::string> take_heard() {
    std::erase(heard, "drain");
    return std::exchange(heard, {});
  }

 private:
  class Handler final : public SessionHandler {
   public:
    Handler(Recorder& recorder, Session& session) : recorder_(recorder), session_(session) {
      ++recorder_.handlers_alive;
    }
    ~Handler() override { --recorder_.handlers_alive; }
    void on_text(std::string_view text) override {
      recorder_.heard.push_back("text " + std::string{text});
      if (text == "close me") session_.close();
      if (recorder_.echoes) session_.send(Message::text(text));
    }
    void on_binary(std::string_view bytes) override {
      recorder_.heard.push_back("binary " + std::string{bytes});
      if (recorder_.echoes) session_.send(Message::binary(bytes));
    }
    void on_drain() override { recorder_.heard.emplace_back("drain"); }
    void on_close(CloseReason reason) override {
      recorder_.heard.push_back("close " + std::string{to_string(reason)});
    }

   private:
    Recorder& recorder_;
    Session& session_;
  };
};

/// 100 bytes in a packet; 10 of a stranger.
inline Config small_payloads() {
  Config config;
  config.max_payload = 100;
  config.max_early_payload = 10;
  return config;
}

/// A server on one shard without thread or network, and its clients.
class Rig {
 public:
  explicit Rig(Config config = {})
      : server({&shard}, std::move(config), recorder), endpoint(server.endpoint()) {}
  ~Rig() { net::run_ready(shard); }

  net::Shard shard{0};
  Recorder recorder;
  Server server;
  std::shared_ptr<http::Endpoint> endpoint;
  using Sent = std::shared_ptr<FakeExchange>;

  static http::Request request(http::Method method, http::Query query, std::string body = {}) {
    http::Request out;
    out.method = method;
    out.path = "/engine.io/";
    out.target = out.path;
    for (const auto& [name, value] : query)
      out.target.append(out.target == out.path ? "?" : "&").append(name).append("=").append(value);
    out.query = std::move(query);
    out.body = std::move(body);
    out.client = "192.0.2.7";
    return out;
  }
  static http::Request upgrade_request(http::Query query) {
    http::Request out = request(http::Method::get, std::move(query));
    out.headers.set("Upgrade", "websocket");
    out.headers.set("Connection", "Upgrade");
    out.headers.set("Sec-WebSocket-Version", "13");
    out.headers.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    return out;
  }
  static http::Query polling(const std::string& sid) {
    return {{"EIO", "4"}, {"transport", "polling"}, {"sid", sid}};
  }

  /// The request's head reaches the endpoint; its body not yet.
  Sent begin(http::Request what) {
    auto exchange = std::make_shared<FakeExchange>(shard, std::move(what));
    endpoint->on_head(exchange);
    settle();
    return exchange;
  }
  void finish(const Sent& exchange) {
    if (exchange->is_open()) endpoint->on_body(exchange);
    settle();
  }
  /// Head and body; what was posted meanwhile has run.
  Sent send(http::Request what) {
    auto exchange = begin(std::move(what));
    finish(exchange);
    return exchange;
  }
  Sent get(const std::string& sid) { return send(request(http::Method::get, polling(sid))); }
  Sent post(const std::string& sid, std::string body) {
    return send(request(http::Method::post, polling(sid), std::move(body)));
  }

  /// A new polling session; its id.
  std::string open_polling() {
    const auto answer = send(request(http::Method::get, {{"EIO", "4"}, {"transport", "polling"}}));
    return answer->response ? sid_in(answer->response->body) : "";
  }
  /// A new WebSocket session. The 101 is taken from what was sent; the open packet is not.
  Sent open_websocket(http::Query query = {{"EIO", "4"}, {"transport", "websocket"}}) {
    auto exchange = send(upgrade_request(std::move(query)));
    head_ = exchange->socket().take_sent();
    const auto end = head_.find("\r\n\r\n");
    unread_ = end == std::string::npos ? "" : head_.substr(end + 4);
    head_.resize(end == std::string::npos ? head_.size() : end + 4);
    return exchange;
  }
  Sent probe(const std::string& sid) {
    return open_websocket({{"EIO", "4"}, {"transport", "websocket"}, {"sid", sid}});
  }
  /// The 101 of the last open_websocket or probe, and the frames behind it.
  const std::string& head() const { return head_; }
  const std::string& behind_head() const { return unread_; }

  void say(const Sent& websocket, std::string_view text) {
    websocket->socket().feed(websocket::client_frame(websocket::Opcode::text, text));
    settle();
  }
  std::string hear(const Sent& websocket) {
    settle();
    return websocket->socket().take_sent();
  }
  static std::string frame(std::string_view text) {
    return websocket::encode_frame(websocket::Opcode::text, text);
  }
  static std::string close_frame() { return websocket::encode_close(std::nullopt); }

  /// Lets the timers run as if `duration` had passed since the start.
  void pass(std::chrono::milliseconds duration) {
    clock_ += duration;
    shard.timers().run(start_ + clock_);
    settle();
  }
  void settle() { net::run_ready(shard); }

  static std::string sid_in(const std::string& open_packet) {
    const auto at = open_packet.find("\"sid\":\"");
    return at == std::string::npos ? "" : open_packet.substr(at + 7, 20);
  }

 private:
  std::string head_, unread_;
  SteadyTime start_ = std::chrono::steady_clock::now();
  std::chrono::milliseconds clock_{0};
};

/// The status and body of an answer as one string: `200 ok`; "held" when there is none yet,
/// "aborted" when the connection was destroyed.
inline std::string outcome(const Rig::Sent& exchange) {
  if (exchange->is_aborted) return "aborted";
  if (!exchange->response) return "held";
  return std::to_string(exchange->response->status) + ' ' + exchange->response->body;
}

}  // namespace parley::engineio
