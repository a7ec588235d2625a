#include "store/mongo/account_store.hpp"

#include <gtest/gtest.h>

#include "base/object_id.hpp"
#include "chat/fakes/run.hpp"
#include "store/mongo/schema.hpp"
#include "store/mongo/testing.hpp"
#include "store/mongo/users.hpp"

namespace parley::store::mongo {

namespace {
const auto alice_id = *chat::UserId::parse("65a000000000000000000001");

/// As Mongoose wrote it.
constexpr const char* alice_of_node = R"({
  "_id": {"$oid": "65a000000000000000000001"}, "username": "Alice", "email": "Alice@Example.org",
  "password": "$2b$10$abcdefghijklmnopqrstuuJ5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5", "lastSeen": null,
  "createdAt": {"$date": "2024-01-11T12:00:00.000Z"},
  "updatedAt": {"$date": "2024-02-11T12:00:00.000Z"}, "__v": 0})";

std::string garbage(int number, const std::string& members) {
  return R"({"_id": {"$oid": "65a0000000000000000000)" + std::to_string(number) + R"("}, )" +
         members + "}";
}

/// Old, foreign and broken documents. What is right of accounts in general is in the contract
/// suite.
class MongoAccountStore : public ::testing::Test {
 protected:
  MongoAccountStore() {
    if (is_skipped_without(TestServer::shared())) return;
    database_.emplace();
    store_.emplace(database_->client(), database_->workers());
    const auto made = ensure_indexes(database_->client());
    if (!made) throw std::runtime_error(made.error().detail);
  }
  template <class T>
  Result<T> run(Task<Result<T>> task) {
    return chat::fakes::run(context_, std::move(task));
  }
  void put(const std::string& user) { database_->put("users", json(user)); }
  Document stored(chat::UserId id) {
    return database_->only("users", Document(Document().set("_id", id)));
  }
  std::vector<std::string> names_of(const std::string& prefix) {
    std::vector<std::string> names;
    const auto found = run(store_->search(prefix, 20));
    for (const chat::Account& one : *found) names.push_back(one.username);
    return names;
  }
  chat::Account draft(const std::string& username, const std::string& email) {
    chat::Account account;
    account.id.bytes = ids_.next(from_unix_ms(0));
    account.username = username;
    account.email = email;
    return account;
  }

  asio::io_context context_{1};
  ObjectIdSource ids_;
  std::optional<TestDatabase> database_;
  std::optional<AccountStore> store_;
};
}  // namespace

using testing_names = std::vector<std::string>;

TEST_F(MongoAccountStore, reads_a_user_of_the_original) {
  put(alice_of_node);
  const auto alice = run(store_->find(alice_id));
  ASSERT_TRUE(alice);
  EXPECT_EQ(alice->username, "Alice");
  EXPECT_EQ(alice->password_hash, "$2b$10$abcdefghijklmnopqrstuuJ5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5");
  EXPECT_EQ(alice->last_seen, std::nullopt);
  EXPECT_EQ(alice->created_at, from_iso8601("2024-01-11T12:00:00.000Z"));
  EXPECT_EQ(alice->updated_at, from_iso8601("2024-02-11T12:00:00.000Z"));
  EXPECT_TRUE(alice->email_notifications);
  EXPECT_FALSE(alice->administrator);
}

TEST_F(MongoAccountStore, writes_what_the_original_reads) {
  auto account = draft("Bob", "Bob@example.org");
  account.password_hash = "$2b$10$x";
  account.created_at = account.updated_at = from_unix_ms(1'700'000'000'000);
  ASSERT_TRUE(run(store_->create(account)));
  const Document document = stored(account.id);
  const View bob = document;
  EXPECT_EQ(bob.text("username"), "Bob");
  EXPECT_EQ(bob.text("email"), "Bob@example.org");
  EXPECT_EQ(bob.text("password"), "$2b$10$x");
  EXPECT_TRUE(bob.at("lastSeen").is_null());
  EXPECT_EQ(bob.time("createdAt"), account.created_at);
  EXPECT_EQ(bob.integer("__v"), 0);
  EXPECT_EQ(bob.text("emailKey"), "bob@example.org");
  EXPECT_EQ(bob.text("usernameKey"), "bob");
}

TEST_F(MongoAccountStore, finds_an_old_address_as_typed_and_completes_the_document) {
  put(alice_of_node);
  EXPECT_EQ(run(store_->find_by_email("alice@example.org")).error().code, Errc::not_found)
      << "before it is completed only the address as typed is known";
  ASSERT_TRUE(run(store_->find_by_email("Alice@Example.org")));
  EXPECT_EQ(stored(alice_id).view().text("emailKey"), "alice@example.org");
  EXPECT_EQ(stored(alice_id).view().text("usernameKey"), "alice");
  EXPECT_TRUE(run(store_->find_by_email("alice@example.org")));
}

TEST_F(MongoAccountStore, finds_an_old_address_that_is_stored_folded) {
  put(garbage(11, R"("username": "carol", "email": "carol@example.org")"));
  EXPECT_TRUE(run(store_->find_by_email(" CAROL@example.org")));
}

TEST_F(MongoAccountStore, refuses_an_address_that_an_old_document_has) {
  put(garbage(11, R"("username": "carol", "email": "carol@example.org")"));
  const auto refused = run(store_->create(draft("carol2", "Carol@Example.org")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
}

TEST_F(MongoAccountStore, lets_both_of_two_old_users_in_whose_addresses_fold_to_one) {
  put(garbage(11, R"("username": "one", "email": "x@example.org")"));
  put(garbage(12, R"("username": "two", "email": "X@example.org")"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(run(store_->find_by_email("x@example.org"))->username, "one");
    EXPECT_EQ(run(store_->find_by_email("X@example.org"))->username, "two");
  }
}

TEST_F(MongoAccountStore, searches_old_documents_and_completes_them) {
  put(alice_of_node);
  put(garbage(11, R"("username": "alina", "email": "alina@example.org")"));
  ASSERT_TRUE(run(store_->create(draft("ALF", "alf@example.org"))));
  const testing_names all{"ALF", "Alice", "alina"};
  EXPECT_EQ(names_of("al"), all);
  EXPECT_EQ(stored(alice_id).view().text("usernameKey"), "alice");
  EXPECT_EQ(names_of("AL"), all) << "now by their keys";
}

TEST_F(MongoAccountStore, completes_only_what_is_missing) {
  put(garbage(11, R"("username": "Alma", "usernameKey": "", "email": "alma@example.org")"));
  const auto id = *chat::UserId::parse("65a000000000000000000011");
  ASSERT_TRUE(run(store_->find_by_email("alma@example.org")));
  EXPECT_EQ(stored(id).view().text("emailKey"), "alma@example.org");
  EXPECT_EQ(stored(id).view().text("usernameKey"), "") << "as of somebody deleted meanwhile";
}

TEST_F(MongoAccountStore, takes_a_prefix_as_letters_and_never_as_a_pattern) {
  put(alice_of_node);
  put(garbage(11, R"("username": "a.b[c", "email": "abc@example.org")"));
  EXPECT_EQ(names_of("a.b["), testing_names{"a.b[c"});
  for (const char* prefix : {".*", "^", "[a-z]", "a|b", "(", "\\", "$", "{", "a/"})
    EXPECT_EQ(names_of(prefix), testing_names{}) << prefix;
  EXPECT_EQ(names_of(std::string("a\0", 2)), testing_names{});
}

TEST_F(MongoAccountStore, moves_last_seen_from_null_and_from_nothing) {
  put(alice_of_node);
  put(garbage(11, R"("username": "carol", "email": "carol@example.org")"));
  const auto carol_id = *chat::UserId::parse("65a000000000000000000011");
  for (const chat::UserId id : {alice_id, carol_id}) {
    ASSERT_TRUE(run(store_->touch_last_seen(id, from_unix_ms(5'000))));
    EXPECT_EQ(run(store_->find(id))->last_seen, from_unix_ms(5'000));
  }
  EXPECT_TRUE(run(store_->touch_last_seen(draft("", "").id, from_unix_ms(1))))
      << "nobody is there to be touched";
}

TEST_F(MongoAccountStore, reads_garbage_as_what_was_never_said) {
  put(garbage(11, R"("username": 7, "email": ["x"], "password": {"gt": ""}, "lastSeen": "never",
                     "createdAt": 5, "name": 1, "avatar": false, "emailNotifications": "no",
                     "administrator": 1)"));
  const auto id = *chat::UserId::parse("65a000000000000000000011");
  const auto account = run(store_->find(id));
  ASSERT_TRUE(account);
  EXPECT_EQ(account->username, "");
  EXPECT_EQ(account->password_hash, "");
  EXPECT_EQ(account->last_seen, std::nullopt);
  EXPECT_EQ(account->name, std::nullopt);
  EXPECT_TRUE(account->email_notifications);
  EXPECT_FALSE(account->administrator) << "only true makes an administrator";
  EXPECT_EQ(to_unix_ms(account->created_at) / 1000, 0x65a00000) << "the second of its id";
}

TEST_F(MongoAccountStore, is_not_broken_by_garbage_in_a_list) {
  put(alice_of_node);
  put(garbage(11, R"("username": {"a": 1}, "email": "a@example.org")"));
  put(garbage(12, R"("username": "alan", "email": 9, "usernameKey": 3)"));
  put(R"({"_id": "text", "username": "alma", "email": "alma@example.org"})");
  const auto found =
      run(store_->find_many({alice_id, *chat::UserId::parse("65a000000000000000000011"),
                             *chat::UserId::parse("65a000000000000000000012")}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 3u);
  EXPECT_EQ(names_of("al"), testing_names{"Alice"});
  EXPECT_EQ(run(store_->find_by_email("alma@example.org")).error().code, Errc::not_found);
}

TEST_F(MongoAccountStore, does_not_touch_what_it_does_not_know) {
  put(garbage(11, R"("username": "carol", "email": "c@example.org", "theirs": {"deep": [1, 2]})"));
  const auto id = *chat::UserId::parse("65a000000000000000000011");
  chat::ProfilePatch patch;
  patch.name = "Carol";
  ASSERT_TRUE(run(store_->update(id, patch, from_unix_ms(9))));
  EXPECT_EQ(stored(id).view().integer("theirs.deep.1"), 2);
}

TEST_F(MongoAccountStore, says_unavailable_when_the_server_is_gone) {
  TestServer server;
  if (!server.can_restart()) GTEST_SKIP() << "the server of MONGO_URI is not ours to kill";
  TestDatabase database(server, "serverSelectionTimeoutMS=300&connectTimeoutMS=300");
  AccountStore store(database.client(), database.workers());
  const auto account = draft("alice", "alice@example.org");
  ASSERT_TRUE(run(store.create(account)));
  server.kill();
  EXPECT_EQ(run(store.find(account.id)).error().code, Errc::unavailable);
  EXPECT_EQ(run(store.create(draft("bob", "bob@example.org"))).error().code, Errc::unavailable);
  EXPECT_EQ(run(store.search("a", 5)).error().code, Errc::unavailable);
  server.restart();
  auto found = run(store.find(account.id));
  for (int i = 0; i < 20 && !found; ++i) found = run(store.find(account.id));
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(found->username, "alice");
}

}  // namespace parley::store::mongo
