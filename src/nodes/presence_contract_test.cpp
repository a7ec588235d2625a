// A suite can be in a program once: here are all who pass it.
#include "chat/ports/contract/presence_store_contract.hpp"

#include <thread>

#include "nodes/local_presence.hpp"
#include "nodes/presence.hpp"
#include "redis/testing.hpp"

namespace parley::chat::contract {
namespace {

/// On a server of its own.
class RedisPresence final : public PresenceStore {
 public:
  RedisPresence() {
    shards_.start();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!presence_.is_joined() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
  }
  ~RedisPresence() override { shards_.stop(); }
  Task<Result<bool>> arrive(UserId user, std::string device, Time now) override {
    return presence_.arrive(user, std::move(device), now);
  }
  Task<Result<bool>> leave(UserId user, std::string device, Time now) override {
    return presence_.leave(user, std::move(device), now);
  }
  Task<Result<std::vector<Presence>>> status(std::vector<UserId> users) override {
    return presence_.status(std::move(users));
  }

 private:
  redis::testing::RedisServer server_;
  net::Shards shards_{2};
  redis::Client client_{shards_[0], server_.config(), "test"};
  nodes::Presence presence_{shards_[0], client_};
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Local, PresenceStoreContract,
                         ::testing::Values(PresenceAdapter{
                             "local", [] { return std::make_unique<nodes::LocalPresence>(); }}));
INSTANTIATE_TEST_SUITE_P(Redis, PresenceStoreContract,
                         ::testing::Values(PresenceAdapter{
                             "redis", [] { return std::make_unique<RedisPresence>(); }}));

}  // namespace parley::chat::contract
