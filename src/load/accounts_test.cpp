#include "load/accounts.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "load/rest.hpp"

namespace parley::load {
namespace {

TEST(Accounts, come_back_from_their_file) {
  const Accounts accounts{"tag1",
                          {{"id1", "a.b.c", from_unix_ms(5)}, {"id2", "d.e.f", from_unix_ms(7)}}};
  std::stringstream file;
  write_accounts(file, accounts);
  EXPECT_EQ(read_accounts(file), accounts);
}

TEST(Accounts, are_none_in_any_other_file) {
  for (const auto* text : {"", "hello\n", "parley-bench-accounts 2 x\nid 5 t\n"}) {
    std::istringstream file{text};
    EXPECT_EQ(read_accounts(file), Accounts{}) << text;
  }
}

TEST(ExpiryOf, reads_the_claim) {
  // {"userId":"a","iat":1,"exp":1700000000}
  EXPECT_EQ(
      expiry_of("eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiJhIiwiaWF0IjoxLCJleHAiOjE3MDAwMDAwMDB9.c2ln"),
      from_unix_ms(1'700'000'000'000));
}

TEST(ExpiryOf, is_far_away_for_what_does_not_say) {
  for (const auto* token : {"", "opaque", "a.b", "a.e30.b", "a.***.b"})
    EXPECT_GT(expiry_of(token), wall_now() + std::chrono::hours{24}) << token;
}

TEST(AccountsFile, is_named_after_the_server_unless_it_is_given) {
  Address address;
  address.host = "127.0.0.1:8000";
  EXPECT_EQ(accounts_file({}, address).filename(), "127.0.0.1_8000");
  Plan plan;
  plan.accounts = "mine";
  EXPECT_EQ(accounts_file(plan, address), "mine");
}

TEST(LoginBody, is_json) {
  EXPECT_EQ(login_body("t", 3),
            R"({"email":"bench_t_3@example.org","password":"correct horse 42"})");
}

TEST(ResponseReader, takes_answers_one_by_one_wherever_they_are_split) {
  const std::string two =
      "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 5\r\n\r\nhello"
      "HTTP/1.1 204 No Content\r\n\r\n";
  for (std::size_t piece = 1; piece <= two.size(); ++piece) {
    ResponseReader reader;
    std::vector<RestAnswer> answers;
    for (std::size_t at = 0; at < two.size(); at += piece) {
      auto answer = reader.take(std::string_view{two}.substr(at, piece));
      for (; answer; answer = reader.take("")) answers.push_back(*answer);
    }
    ASSERT_EQ(answers.size(), 2u) << piece;
    EXPECT_EQ(answers[0].status, 200);
    EXPECT_EQ(answers[0].body, "hello");
    EXPECT_EQ(answers[1].status, 204);
  }
}

TEST(ResponseReader, gives_up_without_a_length) {
  ResponseReader reader;
  const auto answer = reader.take("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 0);
}

TEST(ResponseReader, gives_up_when_there_is_no_end) {
  ResponseReader head, body;
  const auto without_end = head.take(std::string(65 << 10, 'a'));
  ASSERT_TRUE(without_end);
  EXPECT_EQ(without_end->status, 0);
  const auto too_long = body.take("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
  ASSERT_TRUE(too_long);
  EXPECT_EQ(too_long->status, 0);
}

TEST(RequestOf, has_what_the_server_needs) {
  EXPECT_EQ(request_of({"POST", "/a", "tok", "{}", {}}, "h:1"),
            "POST /a HTTP/1.1\r\nHost: h:1\r\nAuthorization: Bearer tok\r\nContent-Type: "
            "application/json\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(request_of({"GET", "/a", "", "", {}}, "h:1"), "GET /a HTTP/1.1\r\nHost: h:1\r\n\r\n");
}

TEST(Resolve, reads_addresses) {
  const auto address = resolve("http://127.0.0.1:8123/x");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "127.0.0.1:8123");
  EXPECT_FALSE(resolve("https://127.0.0.1"));
  EXPECT_FALSE(resolve("127.0.0.1:80"));
  EXPECT_FALSE(resolve("http://127.0.0.1:port"));
}

}  // namespace
}  // namespace parley::load
