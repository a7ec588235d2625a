#include "store/mongo/cache.hpp"

#include <gtest/gtest.h>

namespace parley::store::mongo {
namespace {

Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

template <class AnyId>
AnyId id(std::uint8_t last) {
  AnyId made;
  made.bytes[11] = last;
  return made;
}

/// A conversation of alice and bob with one message, in the cache of a node.
class CacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    CachedHead known;
    known.head.id = talk_;
    known.head.members = {{{}, alice_}, {{}, bob_}};
    known.head.append({alice_, bob_, "one", {}, at(0)}, id<chat::MessageId>(1), 100);
    cache_.put(std::move(known));
  }
  /// A message of bob's that another node stored.
  void arrives(chat::Seq seq) {
    chat::Message message;
    message.id = id<chat::MessageId>(static_cast<std::uint8_t>(seq));
    message.conversation_id = talk_;
    message.sender = bob_;
    message.receiver = alice_;
    message.seq = seq;
    message.version = 100 * seq;
    auto batch = std::make_shared<chat::ChangeBatch>();
    batch->changes.push_back(chat::MessageAppended{std::move(message), {}});
    cache_.arrived(std::move(batch));
    cache_.catch_up();
  }

  const chat::UserId alice_ = id<chat::UserId>(1), bob_ = id<chat::UserId>(2);
  const chat::ConversationId talk_ = id<chat::ConversationId>(7);
  ServerClock server_;
  Context context_{StoreConfig{}, server_};
  Cache cache_{context_};
};

TEST_F(CacheTest, counts_on_from_what_it_knows) {
  arrives(2);
  const Location* place = cache_.location(id<chat::MessageId>(2));
  ASSERT_NE(place, nullptr);
  EXPECT_EQ(place->sent, (SentCounts{1, 1}));
}

TEST_F(CacheTest, counts_nothing_on_from_a_message_that_was_refused) {
  // Alice's second is not stored: bob's, on another node, has its place.
  cache_.find_any(talk_)->head.append({alice_, bob_, "two", {}, at(1)}, id<chat::MessageId>(9),
                                      150);
  cache_.forget(talk_);
  arrives(2);
  arrives(3);
  EXPECT_EQ(cache_.location(id<chat::MessageId>(3)), nullptr);
  EXPECT_EQ(cache_.find_any(talk_)->head.last_seq, 2u);
}

}  // namespace
}  // namespace parley::store::mongo
