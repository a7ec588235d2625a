// Writes that the driver sends in parts: more than a server takes in one command.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "base/descriptor.hpp"
#include "store/mongo/client.hpp"
#include "store/mongo/testing.hpp"

namespace parley::store::mongo {
namespace {

/// As much of a server as a bulk insert needs. It takes one document a command, and answers inserts
/// as it was told. Source: MongoDB wire protocol, OP_QUERY, OP_REPLY and OP_MSG.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::deque<Document> answers) : answers_(std::move(answers)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), any, &size) != 0)
      throw std::runtime_error("cannot listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (const Descriptor& peer : peers_) ::shutdown(peer.get(), SHUT_RDWR);
    for (std::thread& thread : threads_) thread.join();
  }

  std::string uri() const { return "mongodb://127.0.0.1:" + std::to_string(port_) + "/test"; }
  std::size_t answers_left() {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }

 private:
  static constexpr std::int32_t op_reply = 1, op_query = 2004, op_msg = 2013;

  void accept() {
    for (;;) {
      Descriptor peer{::accept(listener_.get(), nullptr, nullptr)};
      if (!peer) return;
      threads_.emplace_back([this, fd = peer.get()] { converse(fd); });
      peers_.push_back(std::move(peer));
    }
  }

  static bool read_all(int fd, std::uint8_t* to, std::size_t size) {
    return ::recv(fd, to, size, MSG_WAITALL) == static_cast<ssize_t>(size);
  }
  static std::int32_t number_at(const std::vector<std::uint8_t>& bytes, std::size_t at) {
    std::int32_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
  }
  static void put(std::string& out, std::int32_t number) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
  }

  void converse(int fd) {
    constexpr std::size_t header = 16;
    for (std::vector<std::uint8_t> message(header); read_all(fd, message.data(), header);
         message.resize(header)) {
      message.resize(static_cast<std::size_t>(number_at(message, 0)));
      if (!read_all(fd, message.data() + header, message.size() - header)) return;
      const bool is_query = number_at(message, 12) == op_query;
      // Behind flags: a name and two numbers, or the kind of the first section.
      const std::size_t name =
          is_query ? std::strlen(reinterpret_cast<const char*>(message.data()) + header + 4) : 0;
      const std::size_t body = header + 4 + (is_query ? name + 1 + 8 : 1);
      const auto length = static_cast<std::size_t>(number_at(message, body));
      const std::string answered = answer(View(std::span(message).subspan(body, length)), is_query);
      std::string reply;
      put(reply, static_cast<std::int32_t>(header + answered.size()));
      put(reply, 0);
      put(reply, number_at(message, 4));
      put(reply, is_query ? op_reply : op_msg);
      reply += answered;
      if (::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  std::string answer(View command, bool is_query) {
    std::string name;
    command.each([&name](std::string_view key, const Value&) {
      if (name.empty()) name = key;
    });
    const Document document = name == "insert" ? next_answer() : hello();
    const auto bytes = document.view().bytes();
    std::string out;
    if (is_query) {
      for (const std::int32_t number : {0, 0, 0, 0, 1}) put(out, number);
    } else {
      put(out, 0);
      out += '\0';
    }
    return out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  Document next_answer() {
    const std::lock_guard lock(mutex_);
    if (answers_.empty()) return json(R"({"ok": 1, "n": 1})");
    Document first = std::move(answers_.front());
    answers_.pop_front();
    return first;
  }

  static Document hello() {
    Document hello;
    hello.set("ismaster", true).set("isWritablePrimary", true).set("localTime", wall_now());
    hello.set("minWireVersion", 0).set("maxWireVersion", 13).set("maxWriteBatchSize", 1);
    hello.set("maxBsonObjectSize", 16 << 20).set("maxMessageSizeBytes", 48'000'000).set("ok", 1.0);
    return hello;
  }

  const Descriptor listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::deque<Document> answers_;
  std::thread acceptor_;
  std::vector<std::thread> threads_;  ///< Of the acceptor's thread, as long as it runs.
  std::deque<Descriptor> peers_;
};

Document duplicate() {
  return json(R"({"ok": 1, "n": 0,
                  "writeErrors": [{"index": 0, "code": 11000, "errmsg": "E11000 duplicate key"}]})");
}
Document not_primary() {
  return json(R"({"ok": 0, "code": 10107, "codeName": "NotWritablePrimary",
                  "errmsg": "not primary"})");
}

/// What becomes of two inserts that are answered so.
Result<Written> insert_two(ScriptedServer& server, Order order) {
  Config config;
  config.uri = server.uri();
  auto client = Client::open(config);
  if (!client) return client.error();
  auto lease = (*client)->lease();
  if (!lease) return lease.error();
  const std::vector<Document> documents{json(R"({"_id": 1})"), json(R"({"_id": 2})")};
  return lease->insert_many("things", documents, order);
}

TEST(WritesInParts, tell_of_a_refusal_in_each) {
  ScriptedServer server({duplicate(), duplicate()});
  const auto written = insert_two(server, Order::unordered);
  ASSERT_TRUE(written) << written.error().detail;
  EXPECT_EQ(written->errors.size(), 2u);
}

TEST(WritesInParts, are_not_taken_for_done_where_the_second_found_no_primary) {
  for (const Order order : {Order::unordered, Order::ordered}) {
    ScriptedServer server({duplicate(), not_primary()});
    const auto written = insert_two(server, order);
    if (order == Order::ordered) {  // which stop at the duplicate
      EXPECT_EQ(written->errors.size(), 1u);
      continue;
    }
    ASSERT_EQ(server.answers_left(), 0u);
    ASSERT_FALSE(written) << written->inserted << " inserted, " << written->errors.size()
                          << " refused of 2";
    EXPECT_EQ(written.error().code, Errc::unavailable);
  }
}

TEST(WritesInParts, are_not_taken_for_done_where_the_first_found_no_primary) {
  ScriptedServer server({not_primary(), duplicate()});
  const auto written = insert_two(server, Order::unordered);
  ASSERT_FALSE(written) << written->inserted << " inserted, " << written->errors.size()
                        << " refused of 2";
  EXPECT_EQ(written.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace parley::store::mongo
