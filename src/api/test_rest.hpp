#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "api/routes.hpp"
#include "api/test_house.hpp"
#include "http/testing.hpp"

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

/// The routes of accounts and mail, asked as a client does: bytes in, bytes out. Alice has an
/// account.
class RestTest : public ::testing::Test {
 protected:
  RestTest() {
    services_.close_sockets = [this](chat::UserId user, std::optional<chat::FamilyId> family) {
      closed_.push_back(user.hex() + (family ? " once" : ""));
    };
    add_auth_routes(router_, services_);
    add_user_routes(router_, services_);
    add_mail_routes(router_, services_);
    add_recovery_routes(router_, services_);
    add_link_pages(router_, services_);
    service_.emplace(http::Config{}, router_, house_.shards.size());
    alice_ = house_.person("alice");
  }

  /// The whole answer. `head`: method and target.
  std::string ask(const std::string& head, std::string_view type, const std::string& body) {
    http::FakeClient client(house_.shards[0], *service_);
    std::string text = head + " HTTP/1.1\r\nHost: here\r\n";
    if (!type.empty()) text += "Content-Type: " + std::string{type} + "\r\n";
    if (!bearer_.empty()) text += "Authorization: Bearer " + bearer_ + "\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return client.ask(text);
  }
  std::string open(const std::string& target) { return ask("GET " + target, "", ""); }
  std::string post(const std::string& target, const std::string& json) {
    return ask("POST " + target, "application/json", json);
  }
  std::string submit(const std::string& target, const std::string& form) {
    return ask("POST " + target, "application/x-www-form-urlencoded", form);
  }

  template <class T>
  T run(Task<T> task) {
    return chat::fakes::run(house_.shards[0].context(), std::move(task));
  }
  chat::Account account() { return *run(house_.stores.accounts.find(alice_.id)); }
  void promote(bool administrator = true) {
    EXPECT_TRUE(
        run(house_.stores.accounts.set_administrator(alice_.id, administrator, wall_now())));
  }
  std::string reset_token() { return recovery_.reset_token(account(), wall_now()); }
  std::string verification_token() { return *recovery_.verification_token(account(), wall_now()); }

  TestHouse house_;
  chat::fakes::LedgerLinks links_;
  ListedMail mail_;
  chat::Recovery recovery_{
      house_.stores.accounts, house_.hasher, house_.stores.sessions, links_, mail_, {}, {}};
  Services services_{house_.accounts,  house_.sessions, house_.messaging,
                     house_.presences, 100 * 1024,      {},
                     &recovery_,       &mail_};
  http::Router router_;
  std::optional<http::Service> service_;
  TestHouse::Person alice_;
  std::string bearer_;  ///< Who asks; empty: nobody.
  std::vector<std::string> closed_;
};

/// What follows the head of an answer.
inline std::string body_of_answer(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace parley::api
