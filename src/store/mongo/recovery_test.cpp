// The server goes away: nothing that was acknowledged is lost, and everybody gets an answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <thread>

#include "store/mongo/node_testing.hpp"

namespace parley::store::mongo {
namespace {

using chat::contract::at;
using namespace std::chrono_literals;

class RecoveryTest : public ::testing::Test {
 protected:
  static StoreConfig config(const std::string& uri) {
    StoreConfig made = node_config(uri);
    made.connection.selection_timeout = 300ms;
    made.write_deadline = 2s;
    return made;
  }
  chat::UserId user(TestNode& node, const std::string& name) {
    chat::Account account;
    account.id.bytes = ids_.next(at(0));
    account.username = name;
    account.email = name + "@example.org";
    account.created_at = account.updated_at = at(0);
    return chat::fakes::run(context_, node.accounts().create(account))->id;
  }

  asio::io_context context_{1};
  /// Of threads that have an answer already, which a node may still be posting to them.
  std::deque<asio::io_context> contexts_;
  ObjectIdSource ids_;
  TestServer server_;
  TestDatabase database_{server_};
};

/// One sender who repeats with the same client id until there is an answer.
struct Sender {
  void run(TestNode& node, asio::io_context& context) {
    while (!stop) {
      const std::string client_id = name + "-" + std::to_string(acknowledged.size());
      const chat::NewMessage draft{from, to, client_id, client_id, at(1000)};
      const auto sent = chat::fakes::run(context, node.messages().append(draft));
      if (sent) {
        acknowledged.push_back(sent->message);
      } else {
        ++refusals;
        EXPECT_EQ(sent.error().code, Errc::unavailable) << sent.error().detail;
      }
    }
  }

  std::string name;
  chat::UserId from, to;
  std::atomic<bool>& stop;
  std::vector<chat::Message> acknowledged;
  int refusals = 0;
};

TEST_F(RecoveryTest, loses_nothing_acknowledged_when_the_server_is_killed_under_load) {
  if (is_skipped_without(server_)) return;
  if (!server_.can_restart()) GTEST_SKIP() << "the server is not ours";
  TestNode one{config(database_.uri())}, two{config(database_.uri())};
  const auto alice = user(one, "alice"), bob = user(one, "bob");
  std::atomic<bool> stop = false;
  std::vector<Sender> senders;
  for (int i = 0; i < 6; ++i) {
    senders.push_back(
        {"s" + std::to_string(i), i % 2 ? alice : bob, i % 2 ? bob : alice, stop, {}, 0});
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    asio::io_context& context = contexts_.emplace_back(1);
    threads.emplace_back([&, i] { senders[i].run(i < 3 ? one : two, context); });
  }
  for (int kill = 0; kill < 2; ++kill) {
    const auto enough = one.database->stats().messages_appended + 20;
    while (one.database->stats().messages_appended < enough) std::this_thread::yield();
    server_.kill();
    server_.restart();
  }
  const auto enough = two.database->stats().messages_appended + 20;
  while (two.database->stats().messages_appended < enough) std::this_thread::yield();
  stop = true;
  for (std::thread& thread : threads) thread.join();

  chat::HistoryQuery query;
  query.conversation_id = senders[0].acknowledged.at(0).conversation_id;
  query.viewer = alice;
  query.limit = 1'000'000;
  const auto history = chat::fakes::run(context_, one.messages().history(query));
  ASSERT_TRUE(history) << history.error().detail;
  std::map<chat::MessageId, chat::Seq> there;
  std::map<std::string, int> by_content;
  for (const chat::Message& message : history->messages) {
    there[message.id] = message.seq;
    EXPECT_EQ(message.seq, there.size()) << "no gaps";
    EXPECT_EQ(++by_content[message.content], 1) << "nothing twice";
  }
  for (const Sender& sender : senders) {
    chat::Seq last = 0;
    for (const chat::Message& message : sender.acknowledged) {
      EXPECT_EQ(there[message.id], message.seq);
      EXPECT_GT(message.seq, last) << "in the order of its sender";
      last = message.seq;
    }
  }
}

TEST_F(RecoveryTest, waits_for_a_server_that_comes_back_in_time) {
  if (is_skipped_without(server_)) return;
  if (!server_.can_restart()) GTEST_SKIP() << "the server is not ours";
  StoreConfig patient = config(database_.uri());
  patient.write_deadline = 20s;
  TestNode node{patient};
  const auto alice = user(node, "alice"), bob = user(node, "bob");
  server_.kill();
  std::optional<Result<chat::Appended>> sent;
  std::thread sender([&] {
    sent = chat::fakes::run(context_, node.messages().append({alice, bob, "x", {}, at(1)}));
  });
  while (node.database->stats().retries == 0) std::this_thread::yield();
  server_.restart();
  sender.join();
  ASSERT_TRUE(sent && *sent) << (*sent).error().detail;
  EXPECT_EQ((*sent)->message.seq, 1u);
}

TEST_F(RecoveryTest, answers_unavailable_when_it_does_not) {
  if (is_skipped_without(server_)) return;
  if (!server_.can_restart()) GTEST_SKIP() << "the server is not ours";
  TestNode node{config(database_.uri())};
  const auto alice = user(node, "alice"), bob = user(node, "bob");
  const auto first =
      chat::fakes::run(context_, node.messages().append({alice, bob, "1", {}, at(1)}));
  ASSERT_TRUE(first);
  server_.kill();
  const auto sent =
      chat::fakes::run(context_, node.messages().append({alice, bob, "2", {}, at(2)}));
  EXPECT_EQ(sent.error().code, Errc::unavailable);
  EXPECT_EQ(chat::fakes::run(context_, node.receipts().mark_read(bob, first->message.id, at(3)))
                .error()
                .code,
            Errc::unavailable);
  EXPECT_FALSE(node.database->health());
  server_.restart();
  // What failed is forgotten, or found: never half of it.
  const auto again =
      chat::fakes::run(context_, node.messages().append({alice, bob, "3", {}, at(4)}));
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->message.seq, 2u);
  EXPECT_TRUE(chat::fakes::run(context_, node.receipts().mark_read(bob, again->message.id, at(5))));
  EXPECT_EQ(chat::fakes::run(context_, node.conversations().list(bob, {}, 10))
                ->summaries.at(0)
                .unread_count,
            0u);
}

TEST_F(RecoveryTest, lists_what_it_acknowledged_when_the_server_is_back) {
  if (is_skipped_without(server_)) return;
  if (!server_.can_restart()) GTEST_SKIP() << "the server is not ours";
  TestNode node{config(database_.uri())};
  const auto alice = user(node, "alice");
  // So much that the server is busy with it for longer than it takes to be killed.
  const std::string text(100'000, 'x');
  std::vector<Task<Result<chat::Appended>>> tasks;
  for (int i = 0; i < 20; ++i) {
    const auto bob = user(node, "bob" + std::to_string(i));
    tasks.push_back(node.messages().append({alice, bob, text, {}, at(1)}));
  }
  std::vector<Result<chat::Appended>> sent;
  std::thread sender([&] { sent = chat::fakes::run_all(context_, std::move(tasks)); });
  // The second round's, whose conversations are written next.
  while (node.database->stats().messages_appended < 2) std::this_thread::yield();
  server_.kill();
  sender.join();
  server_.restart();
  const auto acknowledged = static_cast<std::size_t>(
      std::count_if(sent.begin(), sent.end(), [](const auto& one) { return one.has_value(); }));
  const auto listed = [&] {
    const auto page = chat::fakes::run(context_, node.conversations().list(alice, {}, 100));
    return page ? page->summaries.size() : 0;
  };
  const auto deadline = std::chrono::steady_clock::now() + chat::fakes::patience;
  while (listed() < acknowledged && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(listed(), acknowledged);
}

TEST_F(RecoveryTest, finishes_what_is_queued_when_it_is_closed) {
  if (is_skipped_without(server_)) return;
  TestNode node{config(database_.uri())};
  const auto alice = user(node, "alice"), bob = user(node, "bob");
  std::vector<Task<Result<chat::Appended>>> tasks;
  for (int i = 0; i < 200; ++i)
    tasks.push_back(node.messages().append({alice, bob, std::to_string(i), {}, at(i)}));
  std::vector<Result<chat::Appended>> results;
  std::thread caller([&] { results = chat::fakes::run_all(context_, std::move(tasks)); });
  while (node.database->stats().rounds == 0) std::this_thread::yield();
  node.database->close();
  caller.join();
  std::size_t done = 0;
  for (const auto& one : results) {
    done += one.has_value();
    if (!one) {
      EXPECT_EQ(one.error().code, Errc::closed);
    }
  }
  EXPECT_EQ(done, node.database->stats().messages_appended);
  EXPECT_EQ(node.database->stats().queued, 0u);
}

TEST_F(RecoveryTest, is_closed_within_one_deadline_whatever_waits_for_a_server_that_is_away) {
  if (is_skipped_without(server_)) return;
  if (!server_.can_restart()) GTEST_SKIP() << "the server is not ours";
  StoreConfig slow = config(database_.uri());
  slow.write_deadline = 500ms;
  slow.max_batch = 1;
  TestNode node{slow};
  const auto alice = user(node, "alice"), bob = user(node, "bob");
  constexpr int calls = 60;
  std::vector<Task<Result<chat::Appended>>> writes;
  std::vector<Task<Result<std::vector<chat::Account>>>> reads;
  for (int i = 0; i < calls; ++i) {
    writes.push_back(node.messages().append({alice, bob, "x", {}, at(i)}));
    reads.push_back(node.operators().accounts(std::nullopt, 1));
  }
  server_.kill();
  asio::io_context& other = contexts_.emplace_back(1);
  std::vector<Result<chat::Appended>> written;
  std::vector<Result<std::vector<chat::Account>>> read;
  std::thread writer([&] { written = chat::fakes::run_all(context_, std::move(writes)); });
  std::thread reader([&] { read = chat::fakes::run_all(other, std::move(reads)); });
  const Stats& stats = node.database->stats();
  while (stats.queued + stats.failed_rounds < calls || stats.reads < calls)
    std::this_thread::yield();
  const auto started = std::chrono::steady_clock::now();
  node.database->close();
  writer.join();
  node.database.reset();
  reader.join();
  EXPECT_LT(std::chrono::steady_clock::now() - started, 6s);
  for (const auto& one : written) EXPECT_FALSE(one);
  for (const auto& one : read) EXPECT_FALSE(one);
}

TEST_F(RecoveryTest, refuses_what_does_not_fit_into_its_queue) {
  if (is_skipped_without(server_)) return;
  StoreConfig small = config(database_.uri());
  small.max_queued = 10;
  TestNode node{small};
  const auto alice = user(node, "alice"), bob = user(node, "bob");
  std::vector<Task<Result<chat::Appended>>> tasks;
  for (int i = 0; i < 100; ++i)
    tasks.push_back(node.messages().append({alice, bob, std::to_string(i), {}, at(i)}));
  std::size_t done = 0, overloaded = 0;
  for (const auto& one : chat::fakes::run_all(context_, std::move(tasks))) {
    done += one.has_value();
    overloaded += !one && one.error().code == Errc::overloaded;
  }
  EXPECT_EQ(done + overloaded, 100u);
  EXPECT_GE(done, 10u);
  EXPECT_GT(overloaded, 0u);
  EXPECT_EQ(node.database->stats().refused_writes, overloaded);
}

}  // namespace
}  // namespace parley::store::mongo
