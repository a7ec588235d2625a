#include "store/mongo/migrate.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "store/mongo/documents.hpp"
#include "store/mongo/testing.hpp"

namespace parley::store::mongo {

namespace {
std::string oid(char kind, int number) {
  std::string digits = std::to_string(number);
  return "65a" + std::string(1, kind) + std::string(20 - digits.size(), '0') + digits;
}
std::string ref(char kind, int number) { return R"({"$oid": ")" + oid(kind, number) + R"("})"; }
std::string date(int minute) {
  return R"({"$date": "2024-01-01T10:)" + std::to_string(10 + minute) + R"(:00.000Z"})";
}

/// A database as Mongoose has left it: users 1 to 3 (a), conversations (c), messages (e).
class Migrate : public ::testing::Test {
 protected:
  Migrate() {
    if (is_skipped_without(TestServer::shared())) return;
    database_.emplace();
    config_.connection.uri = database_->uri();
  }
  void user(int number, const std::string& email) {
    put("users", R"({"_id": )" + ref('a', number) + R"(, "username": "User)" +
                     std::to_string(number) + R"(", "email": ")" + email +
                     R"(", "password": "$2b$10$x", "__v": 0})");
  }
  void conversation(int number, int one, int other, int minute) {
    put("conversations", R"({"_id": )" + ref('c', number) + R"(, "participants": [)" +
                             ref('a', one) + ", " + ref('a', other) +
                             R"(], "lastMessage": "?", "lastMessageAt": )" + date(minute) +
                             R"(, "unreadCount": {}, "createdAt": )" + date(0) + R"(, "__v": 0})");
  }
  void message(int number, int conversation, int from, int to, int minute,
               const std::string& status = "sent") {
    put("messages", R"({"_id": )" + ref('e', number) + R"(, "sender": )" + ref('a', from) +
                        R"(, "receiver": )" + ref('a', to) + R"(, "conversationId": )" +
                        ref('c', conversation) + R"(, "content": "message )" +
                        std::to_string(number) + R"(", "status": ")" + status +
                        R"(", "createdAt": )" + date(minute) + R"(, "updatedAt": )" + date(minute) +
                        R"(, "__v": 0})");
  }
  void put(const char* collection, const std::string& document) {
    database_->put(collection, json(document));
  }
  /// Two people with three messages.
  void small_world() {
    user(1, "One@example.org");
    user(2, "two@example.org");
    conversation(1, 1, 2, 3);
    message(2, 1, 2, 1, 2);
    message(1, 1, 1, 2, 1, "read");
    message(3, 1, 1, 2, 3);
  }
  Migrated migrated(bool is_dry = false) {
    MigrateOptions options;
    options.dry_run = is_dry;
    auto done = migrate(config_, options);
    if (!done) throw std::runtime_error(done.error().detail);
    return std::move(*done);
  }
  Document stored(const char* collection, char kind, int number) {
    const ObjectId id = *object_id_from_hex(oid(kind, number));
    return database_->only(collection, Document(Document().set("_id", id)));
  }
  std::string everything() {
    std::string all;
    for (const char* collection : {"users", "conversations", "messages"}) {
      const auto found = database_->lease().find(collection, {}, json(R"({"sort": {"_id": 1}})"));
      for (const Document& one : *found) all += one.json() + "\n";
    }
    return all;
  }

  std::optional<TestDatabase> database_;
  StoreConfig config_;
};
}  // namespace

TEST_F(Migrate, gives_everything_its_keys_and_places) {
  small_world();
  const Migrated done = migrated();
  EXPECT_EQ(done.indexes, indexes().size());
  EXPECT_EQ(done.users, 2u);
  EXPECT_EQ(done.conversations, 1u);
  EXPECT_EQ(done.messages, 3u);
  EXPECT_EQ(done.unreadable + done.unplaced + done.clashes, 0u);
  EXPECT_EQ(stored("users", 'a', 1).view().text("emailKey"), "one@example.org");
  EXPECT_EQ(stored("users", 'a', 1).view().text("usernameKey"), "user1");
  EXPECT_EQ(stored("users", 'a', 1).view().text("email"), "One@example.org");
  EXPECT_EQ(stored("conversations", 'c', 1).view().text("pair"), oid('a', 1) + ":" + oid('a', 2));
  EXPECT_EQ(stored("conversations", 'c', 1).view().integer("parley.tail.seq"), 3);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(stored("messages", 'e', i).view().integer("seq"), i);
}

TEST_F(Migrate, changes_nothing_the_second_time) {
  small_world();
  migrated();
  const std::string before = everything();
  const Migrated again = migrated();
  EXPECT_EQ(again.indexes + again.users + again.conversations + again.messages, 0u);
  EXPECT_EQ(everything(), before);
}

TEST_F(Migrate, goes_on_where_it_was_stopped) {
  small_world();
  migrated();
  user(3, "three@example.org");
  conversation(2, 3, 1, 5);
  message(4, 2, 3, 1, 5);
  message(5, 1, 2, 1, 6);
  const Migrated rest = migrated();
  EXPECT_EQ(rest.users, 1u);
  EXPECT_EQ(rest.conversations, 1u);
  EXPECT_EQ(rest.messages, 2u);
  EXPECT_EQ(stored("messages", 'e', 5).view().integer("seq"), 4);
}

TEST_F(Migrate, only_looks_in_a_dry_run) {
  small_world();
  const std::string before = everything();
  const Migrated found = migrated(true);
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(found.indexes, indexes().size());
  EXPECT_EQ(found.users, 2u);
  EXPECT_EQ(found.conversations, 1u);
  EXPECT_EQ(found.messages, 3u);
  auto lease = database_->lease();
  EXPECT_EQ(missing_indexes(lease)->size(), indexes().size());
}

TEST_F(Migrate, finds_in_a_dry_run_what_it_does_then) {
  small_world();
  user(3, "ONE@example.org");
  conversation(2, 2, 1, 5);
  conversation(3, 3, 1, 5);
  const Migrated found = migrated(true), done = migrated();
  EXPECT_EQ(found.users, done.users);
  EXPECT_EQ(found.conversations, done.conversations);
  EXPECT_EQ(found.messages, done.messages);
  EXPECT_EQ(found.clashes, 2u);
  EXPECT_EQ(found.listed, done.listed);
}

TEST_F(Migrate, tells_of_addresses_that_fold_to_one_and_leaves_them_alone) {
  for (int i = 1; i <= 3; ++i)
    user(i, i == 2 ? "x@example.org" : std::string(i, 'X') + "@example.org");
  const Migrated done = migrated();
  EXPECT_EQ(done.users, 2u);
  const std::vector<Clash> clashes{{Step::users, oid('a', 1), oid('a', 2)}};
  EXPECT_EQ(done.listed, clashes);
  EXPECT_EQ(stored("users", 'a', 2).view().text("email"), "x@example.org");
  EXPECT_FALSE(stored("users", 'a', 2).view().has("emailKey"));
  EXPECT_EQ(stored("users", 'a', 2).view().text("usernameKey"), "user2");
  EXPECT_EQ(migrated().listed, clashes) << "until somebody decides";
}

TEST_F(Migrate, gives_the_pair_to_its_newest_conversation) {
  user(1, "one@example.org");
  user(2, "two@example.org");
  conversation(1, 1, 2, 3);
  conversation(2, 2, 1, 9);
  conversation(3, 1, 2, 6);
  message(1, 1, 1, 2, 3);
  message(2, 2, 2, 1, 9);
  message(3, 3, 1, 2, 6);
  const Migrated done = migrated();
  EXPECT_EQ(done.conversations, 1u);
  EXPECT_EQ(done.clashes, 2u);
  EXPECT_TRUE(stored("conversations", 'c', 2).view().has("pair"));
  for (const int older : {1, 3}) {
    const Document document = stored("conversations", 'c', older);
    EXPECT_FALSE(document.view().has("pair"));
    EXPECT_EQ(document.view().integer("parley.tail.seq"), 1) << "it can still be read";
  }
}

TEST_F(Migrate, steps_over_garbage) {
  small_world();
  put("users", R"({"_id": )" + ref('a', 8) + R"(, "username": 5, "email": {"a": 1}})");
  put("users", R"({"_id": "text", "username": "text", "email": "text@example.org"})");
  put("conversations", R"({"_id": )" + ref('c', 7) + R"(, "participants": "nobody"})");
  put("conversations", R"({"_id": )" + ref('c', 8) + R"(, "participants": [1, 2, 3]})");
  put("messages", R"({"_id": )" + ref('e', 8) + R"(, "conversationId": )" + ref('c', 99) + "}");
  put("messages", R"({"_id": "text"})");
  put("messages", R"({"_id": )" + ref('e', 9) + R"(, "conversationId": )" + ref('c', 1) +
                      R"(, "sender": "me", "createdAt": 7})");
  const Migrated done = migrated();
  EXPECT_EQ(done.users, 2u);
  EXPECT_EQ(done.messages, 3u);
  EXPECT_EQ(done.unreadable, 3u);
  EXPECT_EQ(done.unplaced, 3u);
  EXPECT_EQ(stored("conversations", 'c', 1).view().integer("parley.tail.seq"), 3);
  EXPECT_FALSE(stored("messages", 'e', 9).view().has("seq"));
}

TEST_F(Migrate, goes_page_by_page) {
  std::vector<Document> users;
  for (int i = 1; i <= 450; ++i) {
    const std::string number = std::to_string(i);
    users.push_back(json(R"({"_id": )" + ref('a', i) + R"(, "username": "u)" + number +
                         R"(", "email": "u)" + number + R"(@example.org"})"));
  }
  ASSERT_TRUE(database_->lease().insert_many("users", users, Order::unordered));
  std::vector<std::uint64_t> told;
  MigrateOptions options;
  options.progress = [&told](const MigrateProgress& progress) {
    if (progress.step != Step::users) return;
    EXPECT_EQ(progress.total, 450u);
    told.push_back(progress.done);
  };
  const auto done = migrate(config_, options);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->users, 450u);
  EXPECT_EQ(told, (std::vector<std::uint64_t>{200, 400, 450}));
}

TEST_F(Migrate, stops_at_exact_doubles_with_a_word) {
  user(1, "same@example.org");
  user(2, "same@example.org");
  MigrateOptions options;
  const auto done = migrate(config_, options);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::conflict);
  EXPECT_NE(done.error().detail.find("email_1"), std::string::npos);
  EXPECT_EQ(migrated(true).clashes, 1u) << "the dry run says who";
}

}  // namespace parley::store::mongo
