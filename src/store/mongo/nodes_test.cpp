// Several nodes on one database: what only shows when they write at once.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <set>
#include <thread>

#include "store/mongo/clock.hpp"
#include "store/mongo/node_testing.hpp"

namespace parley::store::mongo {
namespace {

using chat::contract::at;

/// Two nodes, and users.
class NodesTest : public ::testing::Test {
 protected:
  ~NodesTest() override {
    bus_.stop();
    if (bus_thread_.joinable()) bus_thread_.join();
  }

  template <class T>
  static std::vector<Result<T>> run_all(asio::io_context& context,
                                        std::vector<Task<Result<T>>> tasks) {
    return chat::fakes::run_all(context, std::move(tasks));
  }
  template <class T>
  T good(Task<Result<T>> task) {
    Result<T> result = chat::fakes::run(context_, std::move(task));
    if (!result) throw std::runtime_error("refused: " + result.error().detail);
    return std::move(*result);
  }

  chat::UserId user(const std::string& name) {
    chat::Account account;
    account.id.bytes = ids_.next(at(0));
    account.username = name;
    account.email = name + "@example.org";
    account.created_at = account.updated_at = at(0);
    return good(one_.accounts().create(account)).id;
  }
  static chat::NewMessage draft(chat::UserId from, chat::UserId to, std::string content,
                                std::optional<std::string> client_id = {}) {
    return {from, to, std::move(content), std::move(client_id), at(1000)};
  }
  chat::Message say(TestNode& node, chat::UserId from, chat::UserId to, std::string content) {
    return good(node.messages().append(draft(from, to, std::move(content)))).message;
  }
  std::vector<chat::Message> all_of(TestNode& node, chat::ConversationId id, chat::UserId viewer) {
    chat::HistoryQuery query;
    query.conversation_id = id;
    query.viewer = viewer;
    query.limit = 100'000;
    return good(node.messages().history(query)).messages;
  }
  std::vector<chat::Summary> list(TestNode& node, chat::UserId viewer) {
    return good(node.conversations().list(viewer, std::nullopt, 100)).summaries;
  }

  /// What Node servers see of the only conversation.
  std::optional<std::int64_t> unread_stored(chat::UserId viewer) {
    return database_.only("conversations").view().integer("unreadCount." + viewer.hex());
  }

  void leave_behind(const chat::Message& first, std::int64_t seq, chat::Version version) {
    store::mongo::leave_behind(database_, first, ids_.next(at(0)), seq, version);
  }

  /// Runs `work(node, context, index)` on threads of both nodes at once.
  template <class Work>
  void at_once(std::size_t threads_a_node, Work work) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 2 * threads_a_node; ++i) {
      asio::io_context& context = contexts_.emplace_back(1);
      threads.emplace_back(
          [this, work, &context, i] { work(i % 2 == 0 ? one_ : two_, context, i); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  /// Each node hears from now on what the other writes, as the bus of a cluster would tell it.
  void join() {
    const auto tell = [](Feed& to) {
      return [&to](const chat::ChangeBatchPtr& batch) { to.arrive(batch->changes); };
    };
    one_.feed().set_outlet(bus_.get_executor(), tell(two_.feed()));
    two_.feed().set_outlet(bus_.get_executor(), tell(one_.feed()));
    bus_thread_ = std::thread([this] {
      const auto guard = asio::make_work_guard(bus_);
      bus_.run();
    });
  }
  /// What others write about the user would come to `node` from now on.
  void follow(TestNode& node, chat::UserId whom) {
    const auto nothing = [](chat::UserId) -> Task<void> { co_return; };
    node.feed().set_bus({nothing, [](chat::UserId) {}});
    const auto begin = [](Feed& feed, chat::UserId id) -> Task<Result<Done>> {
      co_await feed.follow(id);
      co_return Done{};
    };
    good(begin(node.feed(), whom));
  }
  /// Every message and watermark that the feed of `node` tells, on `context_`.
  void listen(TestNode& node, std::vector<chat::Change>& heard) {
    node.feed().subscribe(context_.get_executor(), [&heard](const chat::ChangeBatchPtr& batch) {
      heard.insert(heard.end(), batch->changes.begin(), batch->changes.end());
    });
  }

  asio::io_context context_{1};
  asio::io_context bus_{1};
  /// Of threads that have an answer already, which a node may still be posting to them.
  std::deque<asio::io_context> contexts_;
  ObjectIdSource ids_;
  TestDatabase database_;
  TestNode one_{database_.uri()};
  TestNode two_{database_.uri()};
  std::thread bus_thread_;
};

TEST_F(NodesTest, make_one_conversation_of_first_messages_at_once) {
  for (int round = 0; round < 5; ++round) {
    const auto alice = user("alice" + std::to_string(round));
    const auto bob = user("bob" + std::to_string(round));
    std::mutex mutex;
    std::set<chat::ConversationId> conversations;
    std::set<chat::Seq> seqs;
    at_once(4, [&](TestNode& node, asio::io_context& context, std::size_t i) {
      const auto from = i % 4 < 2 ? alice : bob, to = i % 4 < 2 ? bob : alice;
      const auto sent =
          chat::fakes::run(context, node.messages().append(draft(from, to, std::to_string(i))));
      const std::lock_guard lock(mutex);
      ASSERT_TRUE(sent) << sent.error().detail;
      conversations.insert(sent->message.conversation_id);
      seqs.insert(sent->message.seq);
    });
    EXPECT_EQ(conversations.size(), 1u);
    EXPECT_EQ(seqs, (std::set<chat::Seq>{1, 2, 3, 4, 5, 6, 7, 8}));
    EXPECT_EQ(list(one_, alice).size(), 1u);
    EXPECT_EQ(list(two_, bob).size(), 1u);
  }
}

TEST_F(NodesTest, number_a_conversation_without_gaps_and_keep_each_callers_order) {
  const auto alice = user("alice"), bob = user("bob");
  constexpr int each = 60;
  at_once(2, [&](TestNode& node, asio::io_context& context, std::size_t i) {
    const auto from = i < 2 ? alice : bob, to = i < 2 ? bob : alice;
    std::vector<Task<Result<chat::Appended>>> tasks;
    for (int n = 0; n < each; ++n) {
      tasks.push_back(
          node.messages().append(draft(from, to, std::to_string(i) + "/" + std::to_string(n))));
    }
    for (const auto& one : run_all(context, std::move(tasks))) {
      ASSERT_TRUE(one) << one.error().detail;
    }
  });
  const auto id = list(one_, alice).at(0).conversation.id;
  const auto all = all_of(two_, id, bob);
  ASSERT_EQ(all.size(), 4u * each);
  std::map<std::string, int> next;
  chat::Version version = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].seq, i + 1);
    EXPECT_GT(all[i].version, version);
    version = all[i].version;
    const std::string caller = all[i].content.substr(0, 1);
    EXPECT_EQ(all[i].content, caller + "/" + std::to_string(next[caller]++));
  }
}

TEST_F(NodesTest, count_what_is_unread_after_all_of_that) {
  const auto alice = user("alice"), bob = user("bob");
  constexpr int each = 20;
  at_once(2, [&](TestNode& node, asio::io_context& context, std::size_t i) {
    const auto from = i < 2 ? alice : bob, to = i < 2 ? bob : alice;
    std::vector<Task<Result<chat::Appended>>> tasks;
    for (int n = 0; n < each; ++n) tasks.push_back(node.messages().append(draft(from, to, "x")));
    for (const auto& one : run_all(context, std::move(tasks))) {
      ASSERT_TRUE(one) << one.error().detail;
      if (one->message.seq % 7 != 0) continue;
      EXPECT_TRUE(
          chat::fakes::run(context, node.receipts().mark_read(to, one->message.id, at(2000))));
    }
  });
  for (const auto viewer : {alice, bob}) {
    for (TestNode* node : {&one_, &two_}) {
      const chat::Summary summary = list(*node, viewer).at(0);
      std::uint64_t unread = 0;
      for (const chat::Message& one : all_of(*node, summary.conversation.id, viewer))
        unread += one.receiver == viewer && one.status() != chat::Status::read;
      EXPECT_EQ(summary.unread_count, unread);
      const Document stored = database_.only("conversations");
      EXPECT_EQ(stored.view().integer("unreadCount." + viewer.hex()),
                static_cast<std::int64_t>(unread))
          << "Node servers see the same count";
    }
  }
}

TEST_F(NodesTest, count_what_another_node_was_told_is_read) {
  const auto alice = user("alice"), bob = user("bob");
  std::vector<chat::Change> heard;
  listen(one_, heard);
  const auto first = say(one_, alice, bob, "1");
  good(two_.receipts().mark_read(bob, first.id, at(2000)));
  say(one_, alice, bob, "2");  // Nobody has told it of the reading.
  EXPECT_EQ(unread_stored(bob), 1);
  const auto& told = std::get<chat::MessageAppended>(heard.back());
  for (const chat::Unread& one : told.unread) EXPECT_EQ(one.count, one.user == bob ? 1u : 0u);
}

TEST_F(NodesTest, count_what_another_node_stored_when_something_is_read) {
  const auto alice = user("alice"), bob = user("bob");
  const auto first = say(one_, alice, bob, "1");
  const std::vector<chat::DeliveryMark> marks{{bob, first.conversation_id, first.id, alice, 1}};
  good(two_.receipts().mark_delivered(marks, at(1500)));
  say(one_, alice, bob, "2");
  std::vector<chat::Change> heard;
  listen(two_, heard);
  good(two_.receipts().mark_read(bob, first.id, at(2000)));  // Nobody has told it of the second.
  EXPECT_EQ(unread_stored(bob), 1);
  EXPECT_EQ(std::get<chat::MessagesRead>(heard.back()).unread_count, 1u);
}

TEST_F(NodesTest, store_a_client_id_once) {
  const auto alice = user("alice"), bob = user("bob"), carol = user("carol");
  for (int round = 0; round < 5; ++round) {
    const std::string client_id = "c-" + std::to_string(round);
    std::mutex mutex;
    std::set<chat::MessageId> ids;
    int fresh = 0;
    at_once(3, [&](TestNode& node, asio::io_context& context, std::size_t i) {
      const auto to = round % 2 == 0 || i % 3 == 0 ? bob : carol;
      const auto sent =
          chat::fakes::run(context, node.messages().append(draft(alice, to, "once", client_id)));
      const std::lock_guard lock(mutex);
      ASSERT_TRUE(sent) << sent.error().detail;
      ids.insert(sent->message.id);
      fresh += !sent->duplicate;
    });
    EXPECT_EQ(ids.size(), 1u);
    EXPECT_EQ(fresh, 1);
  }
}

TEST_F(NodesTest, move_watermarks_forward_only_and_publish_each_move_once) {
  join();
  std::vector<chat::Change> heard;
  listen(one_, heard);
  const auto alice = user("alice"), bob = user("bob");
  std::vector<chat::Message> said;
  for (int i = 0; i < 10; ++i) said.push_back(say(one_, alice, bob, std::to_string(i)));
  at_once(2, [&](TestNode& node, asio::io_context& context, std::size_t) {
    for (const chat::Message& one : said) {
      const std::vector<chat::DeliveryMark> marks{
          {bob, one.conversation_id, one.id, alice, one.seq}};
      ASSERT_TRUE(chat::fakes::run(context, node.receipts().mark_delivered(marks, at(2000))));
      ASSERT_TRUE(chat::fakes::run(context, node.receipts().mark_read(bob, one.id, at(3000))));
    }
  });
  say(two_, bob, alice, "the end");
  chat::fakes::run_until(context_, [&] {
    const auto* last = std::get_if<chat::MessageAppended>(&heard.back());
    return last != nullptr && last->message.content == "the end";
  });
  std::vector<chat::Seq> delivered, read;
  for (const chat::Change& change : heard) {
    if (const auto* one = std::get_if<chat::MessageDelivered>(&change))
      delivered.push_back(one->seq);
    if (const auto* one = std::get_if<chat::MessagesRead>(&change)) read.push_back(one->seq);
  }
  for (const auto& moves : {delivered, read}) {
    EXPECT_TRUE(std::is_sorted(moves.begin(), moves.end()));
    EXPECT_EQ(std::set<chat::Seq>(moves.begin(), moves.end()).size(), moves.size());
  }
  EXPECT_EQ(read.back(), 10u);
  EXPECT_LE(delivered.size() + read.size(),
            one_.database->stats().marks_advanced + two_.database->stats().marks_advanced)
      << "who moves a watermark publishes it, and nobody else";
  EXPECT_EQ(list(two_, bob).at(0).unread_count, 0u);
}

TEST_F(NodesTest, agree_on_when_a_message_arrived_that_another_node_was_told_is_read) {
  const auto alice = user("alice"), bob = user("bob");
  const chat::Message before = say(two_, bob, alice, "are you there?");  // Node two knows the two.
  const chat::Message said = say(one_, alice, bob, "yes");
  const std::vector<chat::DeliveryMark> marks{{bob, said.conversation_id, said.id, alice, 2}};
  good(one_.receipts().mark_delivered(marks, at(2000)));
  good(two_.receipts().mark_read(bob, said.id, at(3000)));
  for (TestNode* node : {&one_, &two_}) {
    const chat::Message seen = all_of(*node, said.conversation_id, bob).back();
    EXPECT_EQ(seen.delivered_at, at(2000));
    EXPECT_EQ(seen.read_at, at(3000));
  }
}

TEST_F(NodesTest, see_every_message_once_in_order_on_both_feeds) {
  join();
  std::vector<chat::Change> first, second;
  listen(one_, first);
  listen(two_, second);
  std::vector<chat::UserId> users;
  for (int i = 0; i < 4; ++i) users.push_back(user("user" + std::to_string(i)));
  constexpr int each = 60;
  at_once(2, [&](TestNode& node, asio::io_context& context, std::size_t i) {
    for (int n = 0; n < each / 10; ++n) {
      std::vector<Task<Result<chat::Appended>>> tasks;
      for (int k = 0; k < 10; ++k)
        tasks.push_back(node.messages().append(
            draft(users[i], users[(i + 1 + static_cast<std::size_t>(k) % 3) % 4], "x")));
      for (const auto& one : run_all(context, std::move(tasks))) ASSERT_TRUE(one);
    }
  });
  chat::fakes::run_until(context_,
                         [&] { return first.size() >= 4u * each && second.size() >= 4u * each; });
  for (const auto* heard : {&first, &second}) {
    std::map<chat::ConversationId, chat::Seq> last;
    for (const chat::Change& change : *heard) {
      const chat::Message& message = std::get<chat::MessageAppended>(change).message;
      EXPECT_EQ(message.seq, ++last[message.conversation_id]);
    }
    EXPECT_EQ(heard->size(), 4u * each);
  }
}

TEST_F(NodesTest, tell_of_a_message_whose_writer_told_nobody) {
  // As if `two_` had died between commit and publication: its feed is not joined.
  const auto alice = user("alice"), bob = user("bob");
  say(one_, alice, bob, "1");
  std::vector<chat::Change> heard;
  listen(one_, heard);
  const auto lost = good(two_.messages().append(draft(alice, bob, "2", "c-2"))).message;
  const auto third = say(one_, alice, bob, "3");
  ASSERT_EQ(heard.size(), 2u) << "before what follows it";
  EXPECT_EQ(std::get<chat::MessageAppended>(heard[0]).message.id, lost.id);
  EXPECT_EQ(std::get<chat::MessageAppended>(heard[1]).message.id, third.id);
}

/// Nodes on one database that do not hear each other, with a clock of their own.
class CutOffTest : public NodesTest {
 protected:
  CutOffTest() { listen(one, heard_); }

  StoreConfig config() {
    StoreConfig config = node_config(database_.uri());
    config.clock = [this] { return now_.load(); };
    return config;
  }
  void pass(std::chrono::seconds time) { now_ = now_.load() + time; }
  chat::Message say_now(TestNode& node, std::string content) {
    const chat::NewMessage now{alice, bob, std::move(content), {}, now_};
    return good(node.messages().append(now)).message;
  }
  void deliver(const chat::Message& message) {
    const std::vector<chat::DeliveryMark> marks{
        {message.receiver, message.conversation_id, message.id, message.sender, message.seq}};
    good(two.receipts().mark_delivered(marks, at(2000)));
  }
  std::vector<std::string> heard() const {
    std::vector<std::string> contents;
    for (const chat::Change& change : heard_)
      contents.push_back(std::get<chat::MessageAppended>(change).message.content);
    return contents;
  }
  using Contents = std::vector<std::string>;

  std::atomic<Time> now_ = wall_now();
  TestNode one{config()}, two{config()};
  chat::UserId alice = user("alice"), bob = user("bob");

 private:
  std::vector<chat::Change> heard_;
};

TEST_F(CutOffTest, what_followers_have_not_heard_of_is_told_before_what_follows_it) {
  follow(one, alice);
  say(one, alice, bob, "1");
  deliver(say(two, bob, alice, "2"));
  pass(chat::repeats_for - std::chrono::seconds(1));
  say(one, alice, bob, "3");
  EXPECT_EQ(heard(), (Contents{"1", "2", "3"}));
}

TEST_F(CutOffTest, what_has_not_reached_its_receiver_is_told_before_what_follows_it) {
  say(two, bob, alice, "1");
  pass(chat::repeats_for - std::chrono::seconds(1));
  say(one, bob, alice, "2");
  EXPECT_EQ(heard(), (Contents{"1", "2"}));
}

TEST_F(CutOffTest, what_was_delivered_and_old_is_not_told_where_nobody_follows) {
  deliver(say(two, bob, alice, "1"));
  pass(sync_margin + std::chrono::seconds(1));
  say(one, alice, bob, "2");
  EXPECT_EQ(heard(), (Contents{"2"}));
}

TEST_F(CutOffTest, what_is_so_old_that_devices_have_forgotten_it_is_not_told) {
  follow(one, alice);
  say(one, alice, bob, "1");
  say(two, bob, alice, "2");
  pass(chat::repeats_for + std::chrono::seconds(1));
  say(one, alice, bob, "3");
  EXPECT_EQ(heard(), (Contents{"1", "3"}));
}

TEST_F(CutOffTest, what_a_sync_has_passed_over_is_told_once_it_is_recorded) {
  using namespace std::chrono_literals;
  const chat::Message first = say_now(one, "1");
  pass(100s);
  const auto quiet = good(two.messages().changes(bob, first.version, 100));
  leave_behind(first, 2, VersionClock::floor_of(now_));
  pass(sync_margin + 5s);
  leave_behind(first, 3, VersionClock::floor_of(now_));
  const auto passed = good(two.messages().changes(bob, quiet.cursor, 100));
  EXPECT_TRUE(passed.messages.empty());
  say_now(two, "4");
  const auto told = good(two.messages().changes(bob, passed.cursor, 100));
  EXPECT_EQ(chat::contract::contents(told.messages), (Contents{"2", "3", "4"}));
  EXPECT_TRUE(good(two.messages().changes(bob, told.cursor, 100)).messages.empty());
}

TEST_F(CutOffTest, what_a_sync_has_told_before_it_was_recorded_is_not_told_again) {
  using namespace std::chrono_literals;
  const chat::Message first = say_now(one, "1");
  pass(30s);
  leave_behind(first, 2, VersionClock::floor_of(now_));
  pass(sync_margin + 5s);
  const auto told = good(two.messages().changes(bob, first.version, 100));
  EXPECT_EQ(chat::contract::contents(told.messages), Contents{"2"});
  say_now(two, "3");
  const auto rest = good(two.messages().changes(bob, told.cursor, 100));
  EXPECT_EQ(chat::contract::contents(rest.messages), Contents{"3"});
}

TEST_F(NodesTest, tell_of_a_message_that_is_sent_again_to_another_node) {
  const auto alice = user("alice"), bob = user("bob");
  const auto lost = good(two_.messages().append(draft(alice, bob, "1", "c-1"))).message;
  std::vector<chat::Change> heard;
  listen(one_, heard);
  const auto again = good(one_.messages().append(draft(alice, bob, "1", "c-1")));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.message.id, lost.id);
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(std::get<chat::MessageAppended>(heard[0]).message.id, lost.id);
  good(one_.messages().append(draft(alice, bob, "1", "c-1")));
  say(one_, alice, bob, "2");
  EXPECT_EQ(heard.size(), 2u) << "once";
}

TEST_F(NodesTest, tell_of_it_however_late_it_is_sent_again) {
  const auto alice = user("alice"), bob = user("bob");
  const auto lost = good(two_.messages().append(draft(alice, bob, "1", "c-1"))).message;
  Document set, filter;
  set.set("version", VersionClock::floor_of(wall_now() - std::chrono::minutes(5)));
  filter.set("_id", lost.id);
  Document change;
  change.set("$set", set);
  ASSERT_TRUE(database_.lease().update("messages", {filter, change, false, false}));
  std::vector<chat::Change> heard;
  listen(one_, heard);
  good(one_.messages().append(draft(alice, bob, "1", "c-1")));
  EXPECT_EQ(heard.size(), 1u) << "nobody has it yet";
}

TEST_F(NodesTest, complete_what_a_dead_node_left) {
  const auto alice = user("alice"), bob = user("bob");
  const auto first = say(one_, alice, bob, "1");
  leave_behind(first, 2, first.version + (1u << 12));
  const auto third = say(two_, alice, bob, "3");
  EXPECT_EQ(third.seq, 3u);
  EXPECT_EQ(chat::contract::contents(all_of(one_, first.conversation_id, bob)),
            (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(list(one_, bob).at(0).unread_count, 3u);
}

TEST_F(NodesTest, trust_what_they_remember_while_the_feed_tells_them) {
  join();
  const auto alice = user("alice"), bob = user("bob");
  follow(one_, alice);
  follow(two_, bob);
  std::vector<chat::Change> heard;
  listen(one_, heard);
  say(one_, alice, bob, "1");
  const auto second = say(two_, bob, alice, "2");
  chat::fakes::run_until(context_, [&] { return heard.size() == 2; });
  const auto before = one_.database->stats().commands.load();
  say(one_, alice, bob, "3");
  EXPECT_EQ(one_.database->stats().commands - before, 2u) << "an insert and an update";
  EXPECT_EQ(one_.database->stats().conflicts, 0u);
  // And they know what the other's reader has read.
  good(two_.receipts().mark_read(bob, std::get<chat::MessageAppended>(heard[0]).message.id, at(5)));
  chat::fakes::run_until(context_, [&] { return heard.size() == 4; });
  say(one_, alice, bob, "4");
  const auto& last = std::get<chat::MessageAppended>(heard.back());
  for (const chat::Unread& one : last.unread) EXPECT_EQ(one.count, one.user == bob ? 2u : 1u);
  EXPECT_EQ(second.seq, 2u);
}

TEST_F(NodesTest, tell_a_device_what_a_slower_node_wrote) {
  const auto alice = user("alice"), bob = user("bob"), carol = user("carol");
  const auto first = say(one_, alice, bob, "1");
  const auto now = good(one_.messages().changes(bob, 0, 100));
  ASSERT_EQ(now.messages.size(), 1u);
  // A version below one that bob was told, in another conversation, becomes readable only now.
  const auto other = say(two_, carol, bob, "2");
  Document move, filter;
  filter.set("_id", other.id);
  move.set("$set", Document().set("version", first.version - 1));
  ASSERT_TRUE(database_.lease().update("messages", {filter, move, false, false}));
  const auto later = good(two_.messages().changes(bob, now.cursor, 100));
  EXPECT_EQ(chat::contract::contents(later.messages), (std::vector<std::string>{"2"}));
  EXPECT_TRUE(good(two_.messages().changes(bob, later.cursor, 100)).messages.empty());
}

TEST_F(NodesTest, tell_a_device_what_a_slower_node_was_told_is_read) {
  const auto alice = user("alice"), bob = user("bob");
  const auto said = say(one_, alice, bob, "1");
  const std::vector<chat::DeliveryMark> marks{{bob, said.conversation_id, said.id, alice, 1}};
  good(one_.receipts().mark_delivered(marks, at(2000)));
  const auto now = good(one_.messages().changes(alice, 0, 100));
  ASSERT_EQ(now.receipts.size(), 1u);
  good(two_.receipts().mark_read(bob, said.id, at(3000)));
  // Its version was decided on before that of the delivery.
  Document move, filter;
  filter.set("_id", said.conversation_id);
  move.set("$set", Document().set("parley.marks." + bob.hex() + ".rv", said.version + 1));
  ASSERT_TRUE(database_.lease().update("conversations", {filter, move, false, false}));
  const auto later = good(two_.messages().changes(alice, now.cursor, 100));
  ASSERT_EQ(later.receipts.size(), 1u);
  EXPECT_EQ(later.receipts.front().read_seq, 1u);
  EXPECT_TRUE(good(two_.messages().changes(alice, later.cursor, 100)).receipts.empty());
}

TEST_F(NodesTest, miss_nothing_in_a_sync_however_far_their_machines_clocks_are_apart) {
  using namespace std::chrono_literals;
  const auto alice = user("alice"), bob = user("bob"), carol = user("carol");
  std::vector<chat::Message> said;
  for (const auto shift : {-60s, 60s}) {
    StoreConfig config = node_config(database_.uri());
    config.connection.clock = [shift] { return wall_now() + shift; };
    TestNode shifted(config);
    for (TestNode* reader : {&one_, &shifted}) {
      TestNode& writer = reader == &one_ ? shifted : one_;
      said.push_back(say(*reader, alice, bob, "before"));
      const auto now = good(reader->messages().changes(bob, 0, 100));
      said.push_back(say(writer, carol, bob, "missed?"));
      good(writer.receipts().mark_read(bob, said.back().id, at(2000)));
      const auto later = good(one_.messages().changes(bob, now.cursor, 100));
      EXPECT_EQ(chat::contract::contents(later.messages), std::vector<std::string>{"missed?"})
          << shift.count();
      EXPECT_EQ(later.receipts.size(), 1u) << shift.count();
    }
  }
  for (std::size_t i = 1; i < said.size(); ++i) EXPECT_GT(said[i].version, said[i - 1].version);
}

}  // namespace
}  // namespace parley::store::mongo
