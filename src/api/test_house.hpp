#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/gateway.hpp"
#include "base/json.hpp"
#include "chat/fakes/credentials.hpp"
#include "chat/fakes/memory_presence.hpp"
#include "chat/fakes/memory_stores.hpp"
#include "chat/fakes/run.hpp"
#include "net/shard.hpp"
#include "ops/metrics.hpp"
#include "socketio/testing.hpp"

namespace parley::api {

/// A MailQueue that writes down what it is asked for.
class ListedMail final : public chat::MailQueue {
 public:
  Task<Result<Done>> letter(std::string email, std::string content, Time) override {
    return note("letter " + email + ": " + content);
  }
  Task<Result<Done>> password_reset(std::string email, Time) override {
    return note("reset " + email);
  }
  Task<Result<Done>> verification(chat::UserId user, Time) override {
    return note("verify " + user.hex());
  }

  std::vector<std::string> asked;
  std::optional<Errc> trouble;  ///< What every call fails with.

 private:
  Task<Result<Done>> note(std::string call) {
    if (trouble) co_return fail(*trouble, "queue at 10.0.0.1");
    asked.push_back(std::move(call));
    co_return Done{};
  }
};

/// The one object in an event's arguments.
inline json::object only_object(const std::string& args) {
  return json::parse(args)->as_array().at(0).as_object();
}

/// The whole server but for network and disk: shards (two, mostly) that the test's thread runs.
class TestHouse {
 public:
  struct Plan {
    // These take the place of the stores' own; nullptr: nothing does.
    chat::Feed* feed = nullptr;
    chat::MessageStore* messages = nullptr;
    chat::ReceiptStore* receipts = nullptr;
    unsigned shards = 2;
    std::uint32_t rate_limit_send = 0;
  };

  TestHouse() : TestHouse(Plan{}, {}) {}
  /// A node among plan.
  TestHouse(Plan plan, Neighbours neighbours)
      : shards{plan.shards},
        messaging{plan.messages != nullptr ? *plan.messages : stores.messages,
                  plan.receipts != nullptr ? *plan.receipts : stores.messages,
                  stores.messages,
                  {}},
        services{accounts,
                 sessions,
                 logins,
                 messaging,
                 presences,
                 recovery,
                 mail,
                 100 * 1024,
                 [](chat::UserId, std::optional<chat::FamilyId>) {},
                 nullptr,
                 plan.rate_limit_send},
        gateway{shards,   io,
                services, plan.feed != nullptr ? *plan.feed : stores.messages,
                metrics,  std::move(neighbours)} {}

  struct Person {
    chat::UserId id;
    std::string access_token, refresh_token;
  };

  Person person(const std::string& name) {
    const chat::Registration registration{name, name + "@example.org", "password"};
    auto account = run(accounts.register_account(registration, wall_now()));
    auto tokens = run(sessions.open(account->id, wall_now()));
    return {account->id, tokens->access, tokens->refresh};
  }

  /// A device of `person` on shard `shard`, connected.
  std::unique_ptr<socketio::TestClient> device(const Person& person, std::size_t shard = 0,
                                               bool acks = false) {
    auto client = std::make_unique<socketio::TestClient>(io, shards, shard);
    json::object auth{{"token", person.access_token}};
    if (acks) auth["acks"] = true;
    client->connect("/", auth);
    settle();
    return client;
  }

  /// The contents of receive_message since last time.
  std::vector<std::string> told(socketio::TestClient& device) {
    settle();
    device.run();
    std::vector<std::string> all;
    for (const std::string& args : device.take("receive_message"))
      all.emplace_back(only_object(args).at("content").as_string());
    return all;
  }

  /// Sends a message by REST's way in; gives it.
  chat::Message send(const Person& from, const Person& to, const std::string& content) {
    const auto sent = run(messaging.send({from.id, to.id, content, std::nullopt, wall_now()}));
    settle();
    return sent->message;
  }
  void read(const Person& reader, const chat::Message& message) {
    (void)run(messaging.mark_read(reader.id, message.id, wall_now()));
    settle();
  }
  chat::Message stored(const chat::Message& message, const Person& viewer) {
    chat::HistoryQuery query{message.conversation_id, viewer.id, std::nullopt, std::nullopt, 100};
    return run(messaging.history(query))->messages.at(message.seq - 1);
  }

  /// Runs what is ready on all shards until nothing is.
  void settle() {
    bool ran = true;
    while (ran) {
      ran = false;
      for (const auto& shard : shards) {
        const net::ShardScope scope(*shard);
        shard->context().restart();
        while (shard->context().poll() > 0) ran = true;
      }
    }
  }

  net::Shards shards;
  chat::fakes::MemoryStores stores;
  chat::fakes::MemoryPresence presence;
  chat::fakes::PlainHasher hasher;
  chat::fakes::LedgerSigner signer;
  ObjectIdSource ids;
  chat::Accounts accounts{stores.accounts, hasher, ids, {}};
  chat::Bars bars;
  chat::Sessions sessions{stores.sessions, signer, ids, {}, &bars};
  chat::Logins logins{
      accounts, {stores.accounts, stores.sessions, stores.operators, hasher}, chat::Limits{}};
  chat::Messaging messaging;
  chat::Presences presences{presence, stores.accounts, stores.messages, {}};
  chat::fakes::LedgerLinks links;
  ListedMail mail;
  chat::Recovery recovery{stores.accounts, hasher, stores.sessions, links, mail, {}, {}};
  ops::Metrics metrics{2};
  socketio::Server io{shards, {}};
  Services services;
  Gateway gateway;

 private:
  template <class T>
  T run(Task<T> task) {
    return chat::fakes::run(shards[0].context(), std::move(task));
  }
};

}  // namespace parley::api
