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

/// The routes of accounts and mail, asked as a client does: bytes in, bytes out. Alice has an
/// account.
class RestTest : public ::testing::Test {
 protected:
  RestTest() {
    house_.services.close_sockets = [this](chat::UserId user,
                                           std::optional<chat::FamilyId> family) {
      closed_.push_back(user.hex() + (family ? " once" : ""));
    };
    house_.services.erase = [this](chat::UserId user) { return erase(user); };
    add_auth_routes(router_, house_.services);
    add_session_routes(router_, house_.services);
    add_user_routes(router_, house_.services);
    add_mail_routes(router_, house_.services);
    add_recovery_routes(router_, house_.services);
    add_link_pages(router_, house_.services);
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
  Task<Result<Done>> erase(chat::UserId user) {
    erased_.push_back(user);
    co_return Done{};
  }
  std::string reset_token() { return house_.recovery.reset_token(account(), wall_now()); }
  std::string verification_token() {
    return *house_.recovery.verification_token(account(), wall_now());
  }

  TestHouse house_;
  http::Router router_;
  std::optional<http::Service> service_;
  TestHouse::Person alice_;
  std::string bearer_;  ///< Who asks; empty: nobody.
  std::vector<std::string> closed_;
  std::vector<chat::UserId> erased_;
};

/// What follows the head of an answer.
inline std::string body_of_answer(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace parley::api
