#include "store/mongo/archive.hpp"

#include <gmock/gmock.h>

#include <random>

#include "store/mongo/node_testing.hpp"

namespace parley::store::mongo {
namespace {

using chat::ArchiveRecord;
using chat::contract::at;
using ::testing::HasSubstr;

using Records = std::vector<ArchiveRecord>;

class MongoArchiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (is_skipped_without(TestServer::shared())) return;
    from_.emplace();
    to_.emplace();
  }

  template <class T>
  T good(Task<Result<T>> task) {
    Result<T> result = chat::fakes::run(context_, std::move(task));
    if (!result) throw std::runtime_error("refused: " + result.error().detail);
    return std::move(*result);
  }

  std::unique_ptr<chat::ArchiveSource> source_of(const TestDatabase& database) {
    auto source = open_archive_source(node_config(database.uri()));
    if (!source) throw std::runtime_error(source.error().detail);
    return std::move(*source);
  }
  std::unique_ptr<chat::ArchiveSink> sink_of(const TestDatabase& database) {
    auto sink = open_archive_sink(node_config(database.uri()));
    if (!sink) throw std::runtime_error(sink.error().detail);
    return std::move(*sink);
  }

  Records read_all(chat::ArchiveSource& source) {
    Records all;
    for (;;) {
      auto batch = source.next();
      if (!batch) throw std::runtime_error(batch.error().detail);
      if (batch->records.empty()) return all;
      for (ArchiveRecord& one : batch->records) all.push_back(std::move(one));
    }
  }
  Records read_all(const TestDatabase& database) { return read_all(*source_of(database)); }

  /// In batches of random size.
  void import(const Records& records, unsigned seed) {
    const auto sink = sink_of(*to_);
    std::mt19937 random(seed);
    for (std::size_t begin = 0; begin < records.size();) {
      const std::size_t size = std::min<std::size_t>(records.size() - begin, 1 + random() % 60);
      const auto first = records.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto done = sink->accept(Records(first, first + static_cast<std::ptrdiff_t>(size)), {});
      ASSERT_TRUE(done) << done.error().detail;
      begin += size;
    }
    ASSERT_TRUE(sink->finish(0));
  }

  /// Somebody with a login.
  chat::UserId user(TestNode& node, int number) {
    chat::Account account;
    account.id.bytes = ids_.next(at(0));
    account.username = "Person " + std::to_string(number);
    account.email = "Person" + std::to_string(number) + "@Example.org";
    account.password_hash = "$2b$10$abc";
    account.created_at = account.updated_at = at(number);
    if (number % 2 == 0) account.name = "Náme";
    if (number % 2 == 1) account.last_seen = at(500);
    good(node.accounts().create(account));
    chat::Family family;
    family.id.bytes = ids_.next(at(0));
    family.user = account.id;
    family.token_id = "token";
    family.expires_at = wall_now() + std::chrono::hours(1);
    good(node.sessions().open(family));
    if (number % 3 == 0) good(node.sessions().revoke(family.id));
    return account.id;
  }

  /// A past of people who write, receive and read at random.
  void fill(unsigned seed, int steps) {
    TestNode node(from_->uri());
    std::mt19937 random(seed);
    for (int i = 0; i < 5; ++i) people_.push_back(user(node, i));
    std::vector<chat::Message> sent;
    for (int i = 0; i < steps; ++i) {
      const std::size_t from = random() % 5, to = (from + 1 + random() % 2) % 5;
      const auto dice = random() % 10;
      if (dice < 6 || sent.empty()) {
        std::optional<std::string> client_id;
        if (random() % 3 == 0) client_id = "c" + std::to_string(i);
        chat::NewMessage draft{people_[from], people_[to], "text " + std::to_string(i), client_id,
                               at(1000 + i)};
        sent.push_back(good(node.messages().append(std::move(draft))).message);
        continue;
      }
      const chat::Message& one =
          sent[sent.size() - 1 - random() % std::min<std::size_t>(sent.size(), 20)];
      if (dice < 8) {
        std::vector<chat::DeliveryMark> marks{
            {one.receiver, one.conversation_id, one.id, one.sender, one.seq}};
        good(node.receipts().mark_delivered(std::move(marks), at(1000 + i)));
      } else {
        good(node.receipts().mark_read(one.receiver, one.id, at(1000 + i)));
      }
    }
  }

  std::string refusal(const Records& records) {
    const auto refused = sink_of(*to_)->accept(records, {});
    if (refused) return "accepted";
    EXPECT_EQ(refused.error().code, Errc::conflict);
    return refused.error().detail;
  }

  asio::io_context context_{1};
  ObjectIdSource ids_;
  std::optional<TestDatabase> from_, to_;
  std::vector<chat::UserId> people_;
};

TEST_F(MongoArchiveTest, moves_a_random_store_as_it_is_and_twice_without_harm) {
  if (!from_) return;
  fill(1, 250);
  const Records records = read_all(*from_);
  ASSERT_GT(records.size(), 100u);
  import(records, 1);
  EXPECT_EQ(read_all(*to_), records);
  import(records, 2);
  EXPECT_EQ(read_all(*to_), records);
}

TEST_F(MongoArchiveTest, makes_documents_that_a_node_reads_as_its_own) {
  if (!from_) return;
  fill(2, 150);
  TestNode before(from_->uri());
  EXPECT_TRUE(good(before.sessions().revoke_all(people_[0], std::nullopt)).empty());
  import(read_all(*from_), 1);
  TestNode after(to_->uri());
  const auto ended = good(before.sessions().all_ended(people_[0]));
  EXPECT_TRUE(ended);
  EXPECT_EQ(good(after.sessions().all_ended(people_[0])), ended);
  for (const chat::UserId user : people_) {
    const auto expected = good(before.conversations().list(user, std::nullopt, 100)).summaries;
    EXPECT_EQ(good(after.conversations().list(user, std::nullopt, 100)).summaries, expected);
    for (const chat::Summary& one : expected) {
      chat::HistoryQuery query;
      query.conversation_id = one.conversation.id;
      query.viewer = user;
      query.limit = 1'000;
      EXPECT_EQ(good(after.messages().history(query)).messages,
                good(before.messages().history(query)).messages);
    }
  }
  const auto next = good(after.messages().append({people_[0], people_[1], "next", {}, wall_now()}));
  EXPECT_GT(next.message.seq, 1u);
}

TEST_F(MongoArchiveTest, goes_on_from_any_position) {
  if (!from_) return;
  fill(3, 600);
  const auto source = source_of(*from_);
  const Records records = read_all(*source);
  ASSERT_TRUE(source->seek({}));
  std::vector<std::pair<std::string, std::size_t>> positions;
  for (std::size_t before = 0;;) {
    auto batch = source->next();
    ASSERT_TRUE(batch);
    if (batch->records.empty()) break;
    before += batch->records.size();
    if (!batch->position.empty()) positions.emplace_back(batch->position, before);
  }
  ASSERT_GE(positions.size(), 1u);
  for (const auto& [position, before] : positions) {
    ASSERT_TRUE(source->seek(position));
    const Records rest(records.begin() + static_cast<std::ptrdiff_t>(before), records.end());
    EXPECT_EQ(read_all(*source), rest) << position;
  }
  EXPECT_FALSE(source->seek("nonsense"));
}

TEST_F(MongoArchiveTest, reads_conversations_longer_than_a_page) {
  if (!from_) return;
  Lease lease = from_->lease();
  fill(4, 1);
  const auto one = std::min(people_[0], people_[1]), other = std::max(people_[0], people_[1]);
  chat::ArchivedConversation talk;
  talk.conversation = {chat::ConversationId{ids_.next(at(0))}, {one, other}, at(0)};
  talk.receipts = {{one, {}, {}}, {other, {1'500, 9'000, at(9'000)}, {}}};
  Records records{talk};
  for (chat::Seq seq = 1; seq <= 2'300; ++seq) {
    chat::Message message;
    message.id.bytes = ids_.next(at(0));
    message.conversation_id = talk.conversation.id;
    message.sender = one;
    message.receiver = other;
    message.content = "x";
    message.seq = message.version = seq;
    message.created_at = at(static_cast<int>(seq));
    if (seq <= 1'500) message.delivered_at = at(9'000);
    records.emplace_back(message);
  }
  const auto sink = sink_of(*to_);
  ASSERT_TRUE(sink->accept(Records(records.begin(), records.begin() + 1'200), {}));
  ASSERT_TRUE(sink->accept(Records(records.begin() + 1'200, records.end()), {}));
  EXPECT_EQ(read_all(*to_), records);
}

TEST_F(MongoArchiveTest, remembers_how_far_an_import_is) {
  if (!from_) return;
  const ObjectId archive{1};
  {
    const auto sink = sink_of(*to_);
    EXPECT_EQ(*sink->resume(archive), "");
    ASSERT_TRUE(sink->accept({}, "17"));
  }
  EXPECT_EQ(*sink_of(*to_)->resume(ObjectId{2}), "");
  const auto sink = sink_of(*to_);
  EXPECT_EQ(*sink->resume(archive), "17");
  ASSERT_TRUE(sink->finish(0));
  EXPECT_EQ(*sink->resume(archive), "");
}

TEST_F(MongoArchiveTest, names_what_is_in_the_way) {
  if (!from_) return;
  fill(5, 80);
  const Records records = read_all(*from_);
  import(records, 1);
  auto account = std::get<chat::Account>(records[0]);
  account.username = "Mallory";
  EXPECT_THAT(refusal({account}), HasSubstr("account " + account.id.hex()));
  account = std::get<chat::Account>(records[0]);
  account.id.bytes[0] ^= 1;
  EXPECT_THAT(refusal({account}), HasSubstr("another account has its e-mail address"));
  auto login = std::get<chat::ArchivedLogin>(records[5]);
  login.revoked = !login.revoked;
  EXPECT_THAT(refusal({login}), HasSubstr("login " + login.family.id.hex()));
  auto talk = std::get<chat::ArchivedConversation>(records[10]);
  talk.conversation.id.bytes[0] ^= 1;
  EXPECT_THAT(refusal({talk}), HasSubstr("have another conversation here"));
  auto message = std::get<chat::Message>(records[11]);
  message.content += "!";
  EXPECT_THAT(refusal({records[10], message}), HasSubstr("message " + message.id.hex()));
  message = std::get<chat::Message>(records[11]);
  message.id.bytes[0] ^= 1;
  EXPECT_THAT(refusal({records[10], message}), HasSubstr("another message has its place here"));
  EXPECT_EQ(read_all(*to_), records);
}

TEST_F(MongoArchiveTest, lets_the_newer_of_two_messages_have_their_client_id) {
  if (!from_) return;
  fill(6, 1);
  std::vector<chat::UserId> others{people_[1], people_[2]};
  const chat::UserId me = people_[0];
  for (const bool newer_first : {false, true}) {
    TestDatabase database;
    Records records;
    for (int i = 0; i < 2; ++i) {
      chat::ArchivedConversation talk;
      const auto other = others[static_cast<std::size_t>(i)];
      talk.conversation = {{}, {std::min(me, other), std::max(me, other)}, at(0)};
      talk.conversation.id.bytes[11] = static_cast<std::uint8_t>(1 + i);
      talk.receipts = {{talk.conversation.participants[0], {}, {}},
                       {talk.conversation.participants[1], {}, {}}};
      chat::Message message;
      message.id.bytes = ids_.next(at(0));
      message.conversation_id = talk.conversation.id;
      message.sender = me;
      message.receiver = other;
      message.content = (i == 0) == newer_first ? "newer" : "older";
      message.seq = 1;
      message.version = static_cast<chat::Version>(1 + i);
      message.client_id = "again";
      message.created_at = at((i == 0) == newer_first ? 2'000 : 1'000);
      records.emplace_back(talk);
      records.emplace_back(message);
    }
    for (int time = 0; time < 2; ++time) {
      const auto done = sink_of(database)->accept(records, {});
      ASSERT_TRUE(done) << done.error().detail;
      EXPECT_EQ(read_all(database), records);
    }
    Lease lease = database.lease();
    const auto holder = lease.find_one("messages", json(R"({"clientId": "again"})"));
    ASSERT_TRUE(holder && *holder);
    EXPECT_EQ(View(**holder).text("content"), "newer");
  }
}

/// A Node server's times may go back, and its statuses may know what no watermark does.
TEST_F(MongoArchiveTest, straightens_what_node_servers_have_written) {
  if (!from_) return;
  fill(7, 1);
  const chat::UserId one = people_[3], other = people_[4];
  const chat::ConversationId id{ids_.next(at(0))};
  from_->put("conversations", std::move(Document()
                                            .set("_id", id)
                                            .set("participants", Array().add(other).add(one))
                                            .set("unreadCount", Document())
                                            .set("lastMessageAt", at(3'000))
                                            .set("createdAt", at(0))
                                            .set("updatedAt", at(0))
                                            .set("__v", 0)));
  const auto say = [&](int time, const char* status, std::optional<Time> read) {
    Document message;
    message.set("_id", chat::MessageId{ids_.next(at(0))})
        .set("sender", one)
        .set("receiver", other)
        .set("conversationId", id)
        .set("content", "x")
        .set("status", status)
        .set("readAt", read)
        .set("createdAt", at(time))
        .set("updatedAt", at(time))
        .set("__v", 0);
    from_->put("messages", message);
  };
  say(1'000, "read", at(9'000));
  say(2'000, "read", at(8'000));
  say(3'000, "sent", std::nullopt);
  const Records records = read_all(*from_);
  std::vector<chat::Message> messages;
  for (const ArchiveRecord& record : records) {
    const auto* message = std::get_if<chat::Message>(&record);
    if (message && message->conversation_id == id) messages.push_back(*message);
  }
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_TRUE(messages[0].read_at && messages[1].read_at && !messages[2].read_at);
  EXPECT_LE(*messages[0].read_at, *messages[1].read_at);
  EXPECT_EQ(messages[2].seq, 3u);
  import(records, 1);
  EXPECT_EQ(read_all(*to_), records);
}

}  // namespace
}  // namespace parley::store::mongo
