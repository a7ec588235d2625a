// What one round makes of several writes, which a writer may take one by one.
#include "store/mongo/round.hpp"

#include <gtest/gtest.h>

#include "store/mongo/internals.hpp"
#include "store/mongo/node_testing.hpp"

namespace parley::store::mongo {
namespace {

using chat::contract::at;

class RoundTest : public ::testing::Test {
 protected:
  chat::UserId user(const std::string& name) {
    chat::Account account;
    account.id.bytes = context_.ids.next(at(0));
    account.username = name;
    account.email = name + "@example.org";
    account.created_at = account.updated_at = at(0);
    return chat::fakes::run(executor_, node_.accounts().create(account))->id;
  }
  /// The writes, in one round of a node that remembers what earlier rounds of it have seen.
  template <class... Works>
  std::vector<chat::Change> round(Works... works) {
    operations_.clear();
    (operations_.push_back(std::make_unique<Errand>(std::move(works))), ...);
    Lease lease = database_.lease();
    const SteadyTime deadline = SteadyTime::clock::now() + 10s;
    return Round(context_, cache_, lease, deadline, unwritten_).run(operations_);
  }
  template <class Kind>
  const auto& answer(std::size_t operation) {
    return *std::get<Kind>(operations_.at(operation)->work).answer;
  }
  static AppendWork append(chat::UserId from, chat::UserId to, std::string content) {
    return {{from, to, std::move(content), {}, at(1000)}, {}};
  }
  chat::Message say(chat::UserId from, chat::UserId to, std::string content) {
    round(append(from, to, std::move(content)));
    return answer<AppendWork>(0)->message;
  }

  asio::io_context executor_{1};
  TestDatabase database_;
  TestNode node_{database_.uri()};  ///< Another one, but for its clock and its feed.
  Context& context_ = node_.database->internals().context;
  Cache cache_{context_};
  std::vector<Update> unwritten_;
  Operations operations_;
};

TEST_F(RoundTest, records_a_message_beside_a_reading_that_another_node_has_overtaken) {
  const auto alice = user("alice"), bob = user("bob");
  const auto first = say(alice, bob, "1"), second = say(alice, bob, "2");
  ASSERT_TRUE(chat::fakes::run(executor_, node_.receipts().mark_read(bob, second.id, at(2000))));
  round(append(alice, bob, "3"), ReadWork{bob, first.id, at(2000), {}});
  EXPECT_TRUE(answer<AppendWork>(0));
  EXPECT_TRUE(answer<ReadWork>(1));
  const Document stored = database_.only("conversations");
  EXPECT_EQ(stored.view().text("lastMessage"), "3");
  EXPECT_EQ(stored.view().integer("unreadCount." + bob.hex()), 1);
}

}  // namespace
}  // namespace parley::store::mongo
