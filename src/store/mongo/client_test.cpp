#include "store/mongo/client.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "store/mongo/testing.hpp"

namespace parley::store::mongo {

namespace {
Update set_one(Document filter, const Document& values) {
  return Update{std::move(filter), Document(Document().set("$set", values))};
}

/// Waits until `done`, at most ten seconds.
template <class Condition>
bool comes_true(Condition done) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (done()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

class MongoTest : public ::testing::Test {
 protected:
  MongoTest() {
    if (!is_skipped_without(TestServer::shared())) database_.emplace();
  }
  void make_unique_index(const char* name, const char* member) {
    const Document index(
        Document().set("key", Document().set(member, 1)).set("name", name).set("unique", true));
    const auto made = database_->lease().write_command(
        Document().set("createIndexes", "things").set("indexes", Array().add(index)));
    ASSERT_TRUE(made) << made.error().detail;
  }

  std::optional<TestDatabase> database_;
};
}  // namespace

class LeaseTest : public MongoTest {};

TEST_F(LeaseTest, finds_what_it_inserted) {
  Lease lease = database_->lease();
  ASSERT_TRUE(lease.insert("things", json(R"({"_id": 1, "name": "one"})")));
  ASSERT_TRUE(lease.insert("things", json(R"({"_id": 2, "name": "two"})")));
  const auto one = lease.find_one("things", json(R"({"name": "two"})"));
  ASSERT_TRUE(one && *one);
  EXPECT_EQ((*one)->view().integer("_id"), 2);
  const auto none = lease.find_one("things", json(R"({"name": "three"})"));
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  EXPECT_EQ(*lease.count("things"), 2u);
}

TEST_F(LeaseTest, finds_in_the_order_asked_and_stops_when_told) {
  Lease lease = database_->lease();
  std::vector<Document> documents;
  for (int i = 0; i < 250; ++i) documents.push_back(Document(Document().set("_id", i)));
  ASSERT_TRUE(lease.insert_many("things", documents, Order::unordered));
  const auto last = lease.find("things", {}, json(R"({"sort": {"_id": -1}, "limit": 3})"));
  ASSERT_TRUE(last && last->size() == 3u);
  EXPECT_EQ(last->front().view().integer("_id"), 249);
  int seen = 0;
  ASSERT_TRUE(lease.each("things", {}, {}, [&seen](View) { return ++seen < 7; }));
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(lease.find("things", {})->size(), 250u);
}

TEST_F(LeaseTest, tells_which_documents_were_refused) {
  Lease lease = database_->lease();
  database_->put("things", json(R"({"_id": 2})"));
  const std::vector<Document> documents{json(R"({"_id": 1})"), json(R"({"_id": 2})"),
                                        json(R"({"_id": 3})")};
  const auto done = lease.insert_many("things", documents, Order::unordered);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->inserted, 2);
  ASSERT_EQ(done->errors.size(), 1u);
  EXPECT_EQ(done->errors[0].index, 1u);
  EXPECT_TRUE(done->errors[0].is_duplicate());
}

TEST_F(LeaseTest, stops_ordered_writes_at_the_first_that_is_refused) {
  Lease lease = database_->lease();
  database_->put("things", json(R"({"_id": 2})"));
  const std::vector<Document> documents{json(R"({"_id": 1})"), json(R"({"_id": 2})"),
                                        json(R"({"_id": 3})")};
  const auto done = lease.insert_many("things", documents, Order::ordered);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->inserted, 1);
  EXPECT_EQ(done->errors.at(0).index, 1u);
  EXPECT_EQ(*lease.count("things"), 2u);
}

TEST_F(LeaseTest, calls_a_duplicate_a_conflict) {
  make_unique_index("by_name", "name");
  database_->put("things", json(R"({"_id": 1, "name": "one"})"));
  Lease lease = database_->lease();
  const auto inserted = lease.insert("things", json(R"({"_id": 2, "name": "one"})"));
  ASSERT_FALSE(inserted);
  EXPECT_EQ(inserted.error().code, Errc::conflict);
}

TEST_F(LeaseTest, updates_one_or_all_and_says_how_many) {
  Lease lease = database_->lease();
  for (int i = 0; i < 4; ++i)
    database_->put("things", Document(Document().set("_id", i).set("kind", i % 2)));
  auto one = set_one(json(R"({"kind": 1})"), json(R"({"kind": 7})"));
  EXPECT_EQ(lease.update("things", one)->modified, 1);
  auto all = set_one(json(R"({"kind": 0})"), json(R"({"kind": 8})"));
  all.many = true;
  EXPECT_EQ(lease.update("things", all)->modified, 2);
  auto none = set_one(json(R"({"kind": 99})"), json(R"({"kind": 100})"));
  EXPECT_EQ(lease.update("things", none)->matched, 0);
  none.upsert = true;
  EXPECT_EQ(lease.update("things", none)->upserted, 1);
  EXPECT_EQ(lease.remove("things", json(R"({"kind": 8})"))->deleted, 2);
}

TEST_F(LeaseTest, does_many_updates_in_one_round) {
  Lease lease = database_->lease();
  std::vector<Update> updates;
  for (int i = 0; i < 50; ++i) {
    database_->put("things", Document(Document().set("_id", i).set("n", 0)));
    updates.push_back(
        set_one(Document(Document().set("_id", i)), Document(Document().set("n", i))));
  }
  const auto done = lease.bulk("things", updates, Order::unordered);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->matched, 50);
  EXPECT_EQ(done->modified, 49);
  EXPECT_EQ(database_->only("things", json(R"({"_id": 31})")).view().integer("n"), 31);
}

TEST_F(LeaseTest, does_all_updates_but_those_that_are_refused) {
  make_unique_index("by_name", "name");
  Lease lease = database_->lease();
  std::vector<Update> updates;
  for (int i = 0; i < 5; ++i) {
    database_->put("things", Document(Document().set("_id", i)));
    updates.push_back(set_one(Document(Document().set("_id", i)),
                              Document(Document().set("name", i == 3 ? 1 : i))));
  }
  const auto done = lease.bulk("things", updates, Order::unordered);
  ASSERT_TRUE(done) << done.error().detail;
  ASSERT_EQ(done->errors.size(), 1u);
  EXPECT_EQ(done->errors[0].index, 3u);
  EXPECT_TRUE(done->errors[0].is_duplicate());
  EXPECT_EQ(*lease.count("things", json(R"({"name": {"$exists": true}})")), 4u);
}

TEST_F(LeaseTest, stops_ordered_updates_at_the_first_that_is_refused) {
  make_unique_index("by_name", "name");
  Lease lease = database_->lease();
  std::vector<Update> updates;
  for (int i = 0; i < 4; ++i) {
    database_->put("things", Document(Document().set("_id", i)));
    updates.push_back(set_one(Document(Document().set("_id", i)),
                              Document(Document().set("name", i == 2 ? 1 : i))));
  }
  const auto done = lease.bulk("things", updates, Order::ordered);
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->errors.at(0).index, 2u);
  EXPECT_FALSE(database_->only("things", json(R"({"_id": 3})")).view().has("name"));
}

TEST_F(LeaseTest, aggregates) {
  Lease lease = database_->lease();
  for (int i = 0; i < 4; ++i)
    database_->put("things", Document(Document().set("_id", i).set("kind", i % 2)));
  const Array stages(std::vector<Document>{
      json(R"({"$group": {"_id": "$kind", "n": {"$sum": 1}}})"), json(R"({"$sort": {"_id": 1}})")});
  const auto groups = lease.aggregate("things", stages);
  ASSERT_TRUE(groups) << groups.error().detail;
  ASSERT_EQ(groups->size(), 2u);
  EXPECT_EQ(groups->at(1).view().integer("n"), 2);
}

TEST_F(LeaseTest, says_not_supported_of_a_command_that_there_is_not) {
  const auto answer = database_->lease().command(json(R"({"makeCoffee": 1})"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::not_supported);
  EXPECT_TRUE(database_->client().health()) << "a refusal is an answer";
}

class ClientTest : public MongoTest {};

TEST_F(ClientTest, tells_the_time_of_the_server_not_of_the_machine) {
  Config config;
  config.uri = database_->uri();
  config.clock = [] { return wall_now() + 60s; };
  const auto client = Client::open(std::move(config));
  ASSERT_TRUE(client);
  ASSERT_TRUE((*client)->ping());
  const auto ahead = (*client)->now() - wall_now();  // the server is on this machine
  EXPECT_LT(std::chrono::abs(ahead), 2s) << ahead.count() << " ms";
}

TEST_F(ClientTest, refuses_a_server_that_is_in_another_year) {
  Config config;
  config.uri = database_->uri();
  config.clock = [] { return Time{1s}; };
  const auto client = Client::open(std::move(config));
  ASSERT_TRUE(client);
  const auto answer = (*client)->ping();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::not_supported);
  EXPECT_NE(answer.error().detail.find("this machine's 1970-"), std::string::npos);
  EXPECT_TRUE((*client)->health()) << "it answers";
}

TEST_F(ClientTest, takes_the_database_of_the_uri) {
  EXPECT_EQ(database_->client().database().substr(0, 12), "parley-test-");
}

TEST(Client, falls_back_to_the_database_of_the_original) {
  Config config;
  config.uri = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=10";
  const auto client = Client::open(std::move(config));
  ASSERT_TRUE(client);
  EXPECT_EQ((*client)->database(), "realtime-chat");
}

TEST(Client, refuses_a_uri_that_does_not_read) {
  for (const char* uri : {"", "localhost", "mongodb://", "mysql://127.0.0.1/"}) {
    Config config;
    config.uri = uri;
    const auto client = Client::open(std::move(config));
    ASSERT_FALSE(client) << uri;
    EXPECT_EQ(client.error().code, Errc::bad_request);
  }
}

TEST(Client, does_not_repeat_a_password_that_is_not_written_as_it_should_be) {
  for (const char* uri :
       {"mongodb://ann:open:sesame@127.0.0.1:1/", "mongodb://ann:open@sesame@a/",
        "mongodb://ann@b:sesame@127.0.0.1/", "mongodb+srv://ann:@sesame@a.b.c/"}) {
    Config config;
    config.uri = uri;
    const auto client = Client::open(std::move(config));
    ASSERT_FALSE(client) << uri;
    EXPECT_EQ(client.error().code, Errc::bad_request);
    EXPECT_EQ(client.error().detail.find("sesame"), std::string::npos) << client.error().detail;
  }
}

TEST(Client, says_unavailable_where_nobody_listens) {
  Config config;
  config.uri = "mongodb://127.0.0.1:1/";
  config.selection_timeout = 100ms;
  const auto client = Client::open(std::move(config));
  ASSERT_TRUE(client);
  EXPECT_FALSE((*client)->health());
  const auto answer = (*client)->ping();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::unavailable);
}

TEST(Client, leaves_no_file_of_the_drivers_behind_when_it_is_killed) {
  EXPECT_FALSE(std::filesystem::exists("/dev/shm/mongoc-" + std::to_string(::getpid())));
}

TEST(Client, says_overloaded_when_no_connection_is_to_be_had) {
  if (is_skipped_without(TestServer::shared())) return;
  TestDatabase database(TestServer::shared(), "maxPoolSize=2&waitQueueTimeoutMS=50");
  std::vector<Lease> held;
  std::optional<Error> refused;
  while (!refused && held.size() < 3) {  // the pinging thread holds one now and then
    auto lease = database.client().lease();
    if (lease) {
      held.push_back(std::move(*lease));
    } else {
      refused = lease.error();
    }
  }
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, Errc::overloaded);
}

TEST(Client, heals_by_itself_when_the_server_comes_back) {
  TestServer server;
  if (is_skipped_without(server)) return;
  if (!server.can_restart()) GTEST_SKIP() << "the server of MONGO_URI is not ours to kill";
  TestDatabase database(server, "serverSelectionTimeoutMS=300&connectTimeoutMS=300");
  database.put("things", json(R"({"_id": 1})"));
  ASSERT_TRUE(database.client().health());

  server.kill();
  for (int i = 0; i < 3; ++i) {
    const auto found = database.lease().find("things", {});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::unavailable) << found.error().detail;
    const auto put = database.lease().insert("things", json(R"({"_id": 2})"));
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, Errc::unavailable) << put.error().detail;
  }
  EXPECT_FALSE(database.client().health());

  server.restart();
  EXPECT_TRUE(comes_true([&] { return database.client().health().has_value(); }));
  EXPECT_EQ(database.only("things").view().integer("_id"), 1) << "what was acknowledged is there";
}

TEST(Client, knows_of_the_servers_end_without_calls) {
  TestServer server;
  if (is_skipped_without(server)) return;
  if (!server.can_restart()) GTEST_SKIP() << "the server of MONGO_URI is not ours to kill";
  TestDatabase database(server, "serverSelectionTimeoutMS=300&connectTimeoutMS=300");
  EXPECT_TRUE(comes_true([&] { return database.client().health().has_value(); }));
  server.kill();
  EXPECT_TRUE(comes_true([&] { return !database.client().health(); }));
}

TEST(Client, serves_many_threads) {
  if (is_skipped_without(TestServer::shared())) return;
  TestDatabase database;
  std::vector<std::thread> threads;
  std::atomic<int> inserted{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&database, &inserted, i] {
      for (int k = 0; k < 20; ++k) {
        const Document document(Document().set("_id", i * 100 + k));
        if (database.lease().insert("things", document)) ++inserted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, 160);
  EXPECT_EQ(*database.lease().count("things"), 160u);
}

TEST(WriteError, knows_the_index_that_a_duplicate_has_hit) {
  const WriteError error{0, 11000,
                         "E11000 duplicate key error collection: a.users index: email_1 dup key: "
                         "{ email: \"x\" }"};
  EXPECT_TRUE(error.is_duplicate());
  EXPECT_EQ(error.index_name(), "email_1");
  const WriteError silent{0, 11000, "E11000 duplicate key error collection: a.users"};
  EXPECT_EQ(silent.index_name(), "");
  EXPECT_FALSE((WriteError{0, 121, "Document failed validation"}).is_duplicate());
}

}  // namespace parley::store::mongo
