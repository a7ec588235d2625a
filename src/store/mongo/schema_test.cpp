#include "store/mongo/schema.hpp"

#include <gtest/gtest.h>

#include "store/mongo/testing.hpp"

namespace parley::store::mongo {

namespace {
class SchemaTest : public ::testing::Test {
 protected:
  SchemaTest() {
    if (!is_skipped_without(TestServer::shared())) database_.emplace();
  }
  Client& client() { return database_->client(); }
  std::size_t missing() {
    auto lease = database_->lease();
    const auto names = missing_indexes(lease);
    return names ? names->size() : SIZE_MAX;
  }

  std::optional<TestDatabase> database_;
};
}  // namespace

TEST_F(SchemaTest, makes_every_index_once) {
  EXPECT_EQ(missing(), indexes().size());
  ASSERT_TRUE(ensure_indexes(client()));
  EXPECT_EQ(missing(), 0u);
  ASSERT_TRUE(ensure_indexes(client())) << "again";
  EXPECT_EQ(missing(), 0u);
}

TEST_F(SchemaTest, tells_how_far_it_is) {
  std::vector<std::string> names;
  std::size_t last = 0;
  ASSERT_TRUE(ensure_indexes(client(), [&](const IndexProgress& progress) {
    EXPECT_EQ(progress.total, indexes().size());
    last = progress.done;
    if (!progress.next.empty()) names.emplace_back(progress.next);
  }));
  EXPECT_EQ(names.size(), indexes().size());
  EXPECT_EQ(last, indexes().size());
}

TEST_F(SchemaTest, takes_what_mongoose_has_made) {
  const Document index = json(R"({"createIndexes": "users", "indexes": [
      {"key": {"email": 1}, "name": "email_1", "unique": true, "background": true}]})");
  const auto made = database_->lease().write_command(index);
  if (!made) GTEST_SKIP() << "the server does not take Mongoose's options: " << made.error().detail;
  EXPECT_TRUE(ensure_indexes(client()));
}

TEST_F(SchemaTest, names_the_index_that_documents_break_and_not_what_they_hold) {
  database_->put("users", json(R"({"_id": 1, "email": "a@example.org", "emailKey": "secret"})"));
  database_->put("users", json(R"({"_id": 2, "email": "A@example.org", "emailKey": "secret"})"));
  const auto made = ensure_indexes(client());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::conflict);
  EXPECT_NE(made.error().detail.find("users, index emailKey_1"), std::string::npos);
  EXPECT_EQ(made.error().detail.find("secret"), std::string::npos);
}

TEST_F(SchemaTest, lets_documents_without_our_members_be) {
  for (int i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i);
    database_->put("users", json(R"({"_id": )" + number + R"(, "email": ")" + number + R"("})"));
    database_->put("conversations", json(R"({"_id": )" + number + "}"));
    database_->put("messages", json(R"({"_id": )" + number + R"(, "conversationId": 7})"));
  }
  ASSERT_TRUE(ensure_indexes(client()));
  database_->put("messages", json(R"({"_id": 10, "conversationId": 7})"));
  EXPECT_EQ(*database_->lease().count("messages"), 4u);
}

TEST_F(SchemaTest, keeps_numbers_and_keys_apart) {
  ASSERT_TRUE(ensure_indexes(client()));
  auto lease = database_->lease();
  ASSERT_TRUE(lease.insert("messages", json(R"({"_id": 1, "conversationId": 7, "seq": 1})")));
  ASSERT_TRUE(lease.insert("messages", json(R"({"_id": 2, "conversationId": 8, "seq": 1})")));
  EXPECT_FALSE(lease.insert("messages", json(R"({"_id": 3, "conversationId": 7, "seq": 1})")));
  ASSERT_TRUE(lease.insert("messages", json(R"({"_id": 4, "sender": 1, "clientId": "x"})")));
  EXPECT_FALSE(lease.insert("messages", json(R"({"_id": 5, "sender": 1, "clientId": "x"})")));
  ASSERT_TRUE(lease.insert("conversations", json(R"({"_id": 1, "pair": "a:b"})")));
  EXPECT_FALSE(lease.insert("conversations", json(R"({"_id": 2, "pair": "a:b"})")));
}

TEST_F(SchemaTest, calls_an_update_that_breaks_an_index_a_conflict) {
  ASSERT_TRUE(ensure_indexes(client()));
  database_->put("conversations", json(R"({"_id": 1, "pair": "a:b"})"));
  database_->put("conversations", json(R"({"_id": 2})"));
  const Update claim{json(R"({"_id": 2})"), json(R"({"$set": {"pair": "a:b"}})")};
  const auto claimed = database_->lease().update("conversations", claim);
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, Errc::conflict);
}

}  // namespace parley::store::mongo
