#include "nodes/hop.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "chat/fakes/run.hpp"
#include "nodes/name.hpp"

namespace parley::nodes {
namespace {

using namespace std::chrono_literals;

Task<net::Shard*> where(std::chrono::milliseconds wait) {
  co_await net::sleep_for(wait);
  co_return net::Shard::current();
}

Task<int> fails() {
  co_await net::sleep_for(1ms);
  throw std::runtime_error("it fails");
}

TEST(Hop, runs_there_and_comes_back) {
  net::Shards shards{1};
  shards.start();
  asio::io_context context{1};
  EXPECT_EQ(chat::fakes::run(context, hop_to(shards[0], where(1ms))), &shards[0]);
  EXPECT_EQ(net::Shard::current(), nullptr);
  shards.stop();
}

TEST(Hop, brings_an_exception_back) {
  net::Shards shards{1};
  shards.start();
  asio::io_context context{1};
  EXPECT_THROW(chat::fakes::run(context, hop_to(shards[0], fails())), std::runtime_error);
  EXPECT_EQ(shards[0].escaped_exceptions(), 0u);
  shards.stop();
}

TEST(Hop, frees_who_waits_when_the_shard_ends) {
  asio::io_context context{1};
  net::Shards shards{1};
  shards[0].spawn("wait", [](net::Shard& shard) -> Task<void> {
    co_await hop_to(shard, where(1h));
  }(shards[0]));
}

TEST(NewName, is_twelve_digits_and_new) {
  const std::string name = new_name();
  EXPECT_EQ(name.size(), 12u);
  EXPECT_EQ(name.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(name, new_name());
}

}  // namespace
}  // namespace parley::nodes
