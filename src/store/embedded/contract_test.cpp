#include "chat/ports/contract/account_store_contract.hpp"
#include "chat/ports/contract/conversation_store_contract.hpp"
#include "chat/ports/contract/message_store_contract.hpp"
#include "chat/ports/contract/operator_store_contract.hpp"
#include "chat/ports/contract/presence_store_contract.hpp"
#include "chat/ports/contract/receipt_store_contract.hpp"
#include "chat/ports/contract/session_store_contract.hpp"
#include "chat/ports/contract/sync_contract.hpp"
#include "store/embedded/presence.hpp"
#include "store/embedded/testing.hpp"

namespace parley::chat::contract {

namespace {
using store::embedded::OpenStore;
using store::embedded::small_config;
using store::embedded::TemporaryDirectory;

/// A configuration whose clock goes on from `at(0)`.
store::embedded::Config with_a_clock(store::embedded::Config config) {
  config.clock = [start = wall_now()] { return at(0) + (wall_now() - start); };
  return config;
}

/// The embedded store; every rule of it must hold when a test ends.
class EmbeddedAdapter final : public Stores {
 public:
  ~EmbeddedAdapter() override { EXPECT_EQ(broken_rules(*store_.database), ""); }
  AccountStore& accounts() override { return store_.accounts(); }
  SessionStore& sessions() override { return store_.sessions(); }
  MessageStore& messages() override { return store_.messages(); }
  ReceiptStore& receipts() override { return store_.receipts(); }
  ConversationStore& conversations() override { return store_.conversations(); }
  OperatorStore& operators() override { return store_.operators(); }
  Feed& feed() override { return store_.feed(); }

 private:
  TemporaryDirectory directory_;
  OpenStore store_{with_a_clock(small_config(directory_.path()))};
};

class EmbeddedPresence final : public PresenceStore {
 public:
  EmbeddedPresence() { shards_.start(); }
  ~EmbeddedPresence() override { shards_.stop(); }
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
  TemporaryDirectory directory_;
  net::Shards shards_{2};
  OpenStore store_{small_config(directory_.path())};
  store::embedded::Presence presence_{shards_, *store_.database};
};

const auto embedded =
    ::testing::Values(Adapter{"embedded", [] { return std::make_unique<EmbeddedAdapter>(); }});
const auto embedded_presence = ::testing::Values(
    PresenceAdapter{"embedded", [] { return std::make_unique<EmbeddedPresence>(); }});
}  // namespace

INSTANTIATE_TEST_SUITE_P(Embedded, AccountStoreContract, embedded);
INSTANTIATE_TEST_SUITE_P(Embedded, SessionStoreContract, embedded);
INSTANTIATE_TEST_SUITE_P(Embedded, MessageStoreContract, embedded);
INSTANTIATE_TEST_SUITE_P(Embedded, ReceiptStoreContract, embedded);
INSTANTIATE_TEST_SUITE_P(Embedded, ConversationStoreContract, embedded);
INSTANTIATE_TEST_SUITE_P(Embedded, OperatorStoreContract, embedded);
INSTANTIATE_TEST_SUITE_P(Embedded, SyncContract, embedded);
INSTANTIATE_TEST_SUITE_P(Embedded, PresenceStoreContract, embedded_presence);

}  // namespace parley::chat::contract
