#include "site/site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "http/testing.hpp"

namespace parley::site {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::array<File, 3> built{{
    {"index.html", "text/html; charset=utf-8", "h1", false, "<plain page>", "<gzip page>",
     "<br page>"},
    {"assets/main-AB12.js", "text/javascript; charset=utf-8", "h2", true, "plain script",
     "gzip script", "br script"},
    {"app.webmanifest", "application/manifest+json", "h3", false, "{}", "", ""},
}};

class SiteTest : public testing::Test {
 protected:
  explicit SiteTest(std::span<const File> files = built) {
    add_routes(router_, files);
    service_.emplace(http::Config{}, router_, shards_.size());
  }
  /// The whole answer. `fields`: header lines.
  std::string ask(const std::string& head, const std::string& fields = "") {
    http::FakeClient client(shards_[0], *service_);
    return client.ask(head + " HTTP/1.1\r\nHost: chat.example.org\r\n" + fields + "\r\n");
  }
  std::string open(const std::string& path, const std::string& fields = "") {
    return ask("GET " + path, fields);
  }

  net::Shards shards_{1};
  http::Router router_;
  std::optional<http::Service> service_;
};

TEST_F(SiteTest, serves_the_page_at_its_root) {
  for (const auto* path : {"/app", "/app/"}) {
    const auto answer = open(path);
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\n\r\n<plain page>"));
  }
}

TEST_F(SiteTest, serves_the_page_for_addresses_that_the_client_shows) {
  for (const auto* path : {"/app/login", "/app/chat/65f000000000000000000001", "/app/index.html"}) {
    EXPECT_THAT(open(path), HasSubstr("\r\n\r\n<plain page>")) << path;
  }
}

TEST_F(SiteTest, serves_files_with_their_types) {
  EXPECT_THAT(open("/app/assets/main-AB12.js"),
              testing::AllOf(HasSubstr("Content-Type: text/javascript; charset=utf-8\r\n"),
                             HasSubstr("\r\n\r\nplain script")));
  EXPECT_THAT(open("/app/app.webmanifest"),
              HasSubstr("Content-Type: application/manifest+json\r\n"));
}

TEST_F(SiteTest, knows_no_other_files) {
  for (const auto* path :
       {"/app/assets/main-XX99.js", "/app/favicon.ico", "/app/assets", "/app/assets/deep/main.js",
        "/app/assets/none", "/app/../etc/passwd", "/app/%2e%2e/%2e%2e/etc/passwd",
        "/app/..%2f..%2fetc%2fpasswd", "/app/assets/..%2findex.html"}) {
    EXPECT_THAT(open(path), HasSubstr("HTTP/1.1 404 Not Found\r\n")) << path;
  }
}

TEST_F(SiteTest, takes_the_best_coding_that_is_accepted) {
  const struct {
    std::string accept;
    std::string body;
  } cases[] = {
      {"", "plain script"},
      {"gzip", "gzip script"},
      {"gzip, deflate, br, zstd", "br script"},
      {"GZIP;q=0.5", "gzip script"},
      {"br;q=0, gzip;q=0.001", "gzip script"},
      {"br;q=0,gzip;q=0.0", "plain script"},
      {"*", "br script"},
      {"*;q=0", "plain script"},
      {"br;q=0, *", "gzip script"},
      {"identity", "plain script"},
      {";;q=,=,", "plain script"},
  };
  for (const auto& [accept, body] : cases) {
    const auto answer =
        open("/app/assets/main-AB12.js",
             accept.empty() ? "" : std::string{"Accept-Encoding: "}.append(accept) + "\r\n");
    EXPECT_THAT(answer, HasSubstr("\r\n\r\n" + body)) << accept;
    EXPECT_THAT(answer, HasSubstr("Vary: Accept-Encoding\r\n"));
    const bool is_coded = body != "plain script";
    EXPECT_EQ(answer.find("Content-Encoding: ") != std::string::npos, is_coded) << accept;
  }
}

TEST_F(SiteTest, sends_plain_what_was_not_compressed) {
  EXPECT_THAT(open("/app/app.webmanifest", "Accept-Encoding: br, gzip\r\n"),
              testing::AllOf(HasSubstr("\r\n\r\n{}"), Not(HasSubstr("Content-Encoding"))));
}

TEST_F(SiteTest, lets_hashed_files_be_kept_and_others_be_asked_for) {
  EXPECT_THAT(open("/app/assets/main-AB12.js"),
              HasSubstr("Cache-Control: public, max-age=31536000, immutable\r\n"));
  EXPECT_THAT(open("/app/"), HasSubstr("Cache-Control: no-cache\r\n"));
}

TEST_F(SiteTest, answers_a_known_etag_without_a_body) {
  const std::string gzip = "Accept-Encoding: gzip\r\n";
  EXPECT_THAT(open("/app/", gzip), HasSubstr("ETag: \"h1-gz\"\r\n"));
  for (const auto* known : {"\"h1-gz\"", "\"old\", W/\"h1-gz\"", "*"}) {
    const auto answer = open("/app/", gzip + "If-None-Match: " + known + "\r\n");
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 304 Not Modified\r\n")) << known;
    EXPECT_THAT(answer, HasSubstr("ETag: \"h1-gz\"\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
  }
  EXPECT_THAT(open("/app/", gzip + "If-None-Match: \"h1\"\r\n"), HasSubstr("HTTP/1.1 200 OK"));
}

TEST_F(SiteTest, answers_head_without_a_body) {
  const auto answer = ask("HEAD /app/assets/main-AB12.js");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(SiteTest, has_no_other_methods) {
  EXPECT_THAT(ask("POST /app/", "Content-Length: 0\r\n"), HasSubstr("HTTP/1.1 405"));
}

TEST_F(SiteTest, allows_its_own_scripts_and_connections_only) {
  const auto answer = open("/app/");
  EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none';script-src 'self';"
                                "style-src 'self';"));
  EXPECT_THAT(answer,
              HasSubstr("connect-src 'self' ws://chat.example.org wss://chat.example.org;"));
  EXPECT_THAT(answer, Not(HasSubstr("unsafe")));
}

TEST(SitePolicy, leaves_out_a_host_that_is_none) {
  EXPECT_THAT(content_security_policy("[::1]:8000"), HasSubstr("'self' ws://[::1]:8000 wss://"));
  for (const auto* host : {"", "a;script-src *", "a b", "a'", "a,b", "*"}) {
    EXPECT_THAT(content_security_policy(host), HasSubstr("connect-src 'self';")) << host;
  }
}

class EmptySiteTest : public SiteTest {
 protected:
  EmptySiteTest() : SiteTest(std::span<const File>{}) {}
};

TEST_F(EmptySiteTest, says_that_there_is_no_client) {
  EXPECT_THAT(open("/app/"), HasSubstr("built without the web client"));
  EXPECT_THAT(open("/app/index.html"), HasSubstr("404"));
}

}  // namespace
}  // namespace parley::site
