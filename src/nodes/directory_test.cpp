#include "nodes/directory.hpp"

#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "redis/testing.hpp"

namespace parley::nodes {
namespace {

using namespace std::chrono_literals;

/// Two nodes, each with its shard, on one Redis.
class DirectoryTest : public ::testing::Test {
 protected:
  DirectoryTest() { shards_.start(); }
  ~DirectoryTest() override { shards_.stop(); }

  /// What `find` says, as soon as it is what is wanted; else what it said last.
  Result<http::Upstream> find(std::uint32_t number, bool is_there) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    Result<http::Upstream> found = fail(Errc::internal, "never asked");
    do {
      found = ask(number);
    } while (found.has_value() != is_there && std::chrono::steady_clock::now() < deadline);
    return found;
  }

  redis::testing::RedisServer server_;
  net::Shards shards_{2};
  redis::Client first_{shards_[0], server_.config(), "first"};
  redis::Client second_{shards_[1], server_.config(), "second"};
  std::optional<Directory> here_;
  Directory seeker_{shards_[1], second_, 2, "", 300ms};

 private:
  Result<http::Upstream> ask(std::uint32_t number) {
    std::promise<Result<http::Upstream>> promise;
    const auto answer = [](Directory& seeker, std::uint32_t wanted,
                           std::promise<Result<http::Upstream>>& out) -> Task<void> {
      out.set_value(co_await seeker.find(wanted));
    };
    shards_[1].spawn("ask", answer(seeker_, number, promise));
    return promise.get_future().get();
  }
};

TEST_F(DirectoryTest, finds_a_node_for_as_long_as_it_renews) {
  here_.emplace(shards_[0], first_, 1, "10.0.0.1:8000", 300ms);
  EXPECT_EQ(*find(1, true), (http::Upstream{"10.0.0.1", 8000}));
  server_.call({"DEL", "parley:address:1"});
  EXPECT_TRUE(find(1, true)) << "it is renewed";
  shards_[0].post([this] { here_->close(); });
  EXPECT_EQ(find(1, false).error().code, Errc::not_found);
  EXPECT_EQ(find(3, false).error().code, Errc::not_found) << "never heard of";
}

TEST_F(DirectoryTest, forgets_a_node_that_died) {
  server_.call({"SET", "parley:address:1", "dead:1", "PX", "100"});
  EXPECT_FALSE(find(1, false));
}

TEST_F(DirectoryTest, does_not_believe_what_is_no_address) {
  server_.call({"SET", "parley:address:1", "nonsense"});
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  Errc code = Errc::unavailable;
  while (code == Errc::unavailable && std::chrono::steady_clock::now() < deadline)
    code = find(1, false).error().code;
  EXPECT_EQ(code, Errc::corrupt);
}

TEST(ParseAddress, takes_host_and_port) {
  EXPECT_EQ(*parse_address("h:1"), (http::Upstream{"h", 1}));
  EXPECT_EQ(*parse_address("[::1]:65535"), (http::Upstream{"::1", 65535}));
  for (const auto* bad : {"", ":", "h", "h:", ":1", "h:0", "h:65536", "h:1x", "h:-1"}) {
    EXPECT_EQ(parse_address(bad).error().code, Errc::corrupt) << bad;
  }
}

}  // namespace
}  // namespace parley::nodes
