#include "store/embedded/archive.hpp"

#include <gmock/gmock.h>

#include <random>

#include "store/embedded/internals.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::ArchiveRecord;
using chat::contract::at;
using ::testing::HasSubstr;

using Records = std::vector<ArchiveRecord>;

std::unique_ptr<chat::ArchiveSource> source_of(const Config& config) {
  auto source = open_archive_source(config);
  if (!source) throw std::runtime_error(source.error().detail);
  return std::move(*source);
}

std::unique_ptr<chat::ArchiveSink> sink_of(const Config& config) {
  auto sink = open_archive_sink(config);
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

Records read_all(const Config& config) { return read_all(*source_of(config)); }

/// People who write, receive and read at random, and log in and out.
class Crowd {
 public:
  Crowd(const Config& config, unsigned seed) : store_(config), random_(seed) {
    for (int i = 0; i < 7; ++i) join(i);
  }

  void live(int steps) {
    for (int i = 0; i < steps; ++i) step();
  }

  std::string broken() { return broken_rules(*store_.database); }
  OpenStore& store() { return store_; }
  Caller& caller() { return caller_; }
  const std::vector<chat::UserId>& people() const { return people_; }
  const std::vector<chat::Message>& sent() const { return sent_; }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  void join(int number) {
    chat::Account account;
    account.id.bytes = ids_.next(at(0));
    account.username = "Person " + std::to_string(number);
    account.email = "Person" + std::to_string(number) + "@Example.org";
    account.password_hash = "$2b$10$abcdefghijklmnopqrstuv";
    account.email_notifications = number % 2 == 0;
    account.administrator = number == 3;
    if (number % 3 == 0) account.name = "Nåme \"" + std::to_string(number) + "\"";
    if (number % 3 == 1) account.avatar = "https://example.org/a.png";
    if (number % 2 == 1) account.last_seen = at(77 + number);
    account.created_at = at(number);
    account.updated_at = at(number * 2);
    people_.push_back(caller_.good(store_.accounts().create(account)).id);
    log_in(number);
  }

  void log_in(int number) {
    chat::Family family;
    family.id.bytes = ids_.next(at(0));
    family.user = people_.back();
    family.token_id = "token " + std::to_string(number);
    family.expires_at = at(number == 5 ? -1 : 1'000'000);  // the fifth has expired
    caller_.good(store_.sessions().open(family));
    if (number % 3 == 2) caller_.good(store_.sessions().revoke(family.id));
  }

  void step() {
    now_ += static_cast<int>(pick(3));
    const std::size_t dice = pick(10);
    if (dice < 6 || sent_.empty()) return say();
    const chat::Message& message =
        sent_[sent_.size() - 1 - pick(std::min<std::size_t>(sent_.size(), 40))];
    if (dice < 8) {
      std::vector<chat::DeliveryMark> marks{
          {message.receiver, message.conversation_id, message.id, message.sender, message.seq}};
      caller_.good(store_.receipts().mark_delivered(std::move(marks), at(now_)));
    } else {
      caller_.good(store_.receipts().mark_read(message.receiver, message.id, at(now_)));
    }
  }

  void say() {
    const std::size_t from = pick(people_.size());
    const std::size_t to = (from + 1 + pick(2)) % people_.size();
    std::optional<std::string> client_id;
    if (pick(3) == 0) client_id = "client " + std::to_string(sent_.size());
    std::string content = "message " + std::to_string(sent_.size());
    if (pick(20) == 0) content += std::string("\0\n\xF0\x9F\x98\x80", 6);
    chat::NewMessage draft{people_[from], people_[to], content, client_id, at(now_)};
    sent_.push_back(caller_.good(store_.messages().append(std::move(draft))).message);
  }

  OpenStore store_;
  Caller caller_;
  std::mt19937 random_;
  ObjectIdSource ids_;
  std::vector<chat::UserId> people_;
  std::vector<chat::Message> sent_;
  int now_ = 100;
};

class ArchiveTest : public ::testing::Test {
 protected:
  Config config() const { return small_config(from_.path()); }
  Config target() const { return small_config(to_.path()); }

  void fill(unsigned seed, int steps) {
    Crowd crowd(config(), seed);
    crowd.live(steps);
    ASSERT_EQ(crowd.broken(), "");
  }

  /// In batches of random size, as an importer would give them, or any other.
  void import(const Records& records, unsigned seed, std::size_t largest = 60) {
    const auto sink = sink_of(target());
    std::mt19937 random(seed);
    for (std::size_t begin = 0; begin < records.size();) {
      const std::size_t size = std::min(records.size() - begin, 1 + random() % largest);
      const auto first = records.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto done = sink->accept(Records(first, first + static_cast<std::ptrdiff_t>(size)), {});
      ASSERT_TRUE(done) << done.error().detail;
      begin += size;
    }
    ASSERT_TRUE(sink->finish(newest_));
  }

  std::string broken_in_target() {
    const auto database = open_or_throw(target());
    return broken_rules(*database);
  }

  std::string refusal(const ArchiveRecord& record) {
    const auto sink = sink_of(target());
    const auto refused = sink->accept({record}, {});
    if (refused) return "accepted";
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_FALSE(sink->accept({}, {})) << "nothing more may be accepted";
    return refused.error().detail;
  }

  TemporaryDirectory from_, to_;
  chat::Version newest_ = 0;
};

TEST_F(ArchiveTest, moves_random_stores_as_they_are) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    TemporaryDirectory from, to;
    Records records;
    {
      Crowd crowd(small_config(from.path()), seed);
      crowd.live(250);
    }
    const auto source = source_of(small_config(from.path()));
    records = read_all(*source);
    {
      const auto sink = sink_of(small_config(to.path()));
      std::mt19937 random(seed);
      for (std::size_t begin = 0; begin < records.size();) {
        const std::size_t size = std::min<std::size_t>(records.size() - begin, 1 + random() % 70);
        const auto first = records.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto done =
            sink->accept(Records(first, first + static_cast<std::ptrdiff_t>(size)), {});
        ASSERT_TRUE(done) << done.error().detail;
        begin += size;
      }
      ASSERT_TRUE(sink->finish(source->newest()));
    }
    EXPECT_EQ(read_all(small_config(to.path())), records) << "seed " << seed;
    const auto database = open_or_throw(small_config(to.path()));
    EXPECT_EQ(broken_rules(*database), "") << "seed " << seed;
  }
}

TEST_F(ArchiveTest, obeys_the_stores_rules_after_every_batch) {
  fill(11, 120);
  const Records records = read_all(config());
  std::mt19937 random(11);
  for (std::size_t begin = 0; begin < records.size();) {
    const std::size_t size = std::min<std::size_t>(records.size() - begin, 1 + random() % 25);
    const auto first = records.begin() + static_cast<std::ptrdiff_t>(begin);
    // The conversation comes again when an import goes on in its middle.
    Records batch(first, first + static_cast<std::ptrdiff_t>(size));
    for (std::size_t i = begin; i > 0 && std::holds_alternative<chat::Message>(batch.front());
         --i) {
      if (std::holds_alternative<chat::ArchivedConversation>(records[i - 1]))
        batch.insert(batch.begin(), records[i - 1]);
    }
    const auto done = sink_of(target())->accept(batch, {});
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(broken_in_target(), "") << "after " << begin + size << " records";
    begin += size;
  }
  EXPECT_EQ(read_all(target()), records);
}

TEST_F(ArchiveTest, changes_nothing_when_it_is_imported_again) {
  fill(21, 150);
  const Records records = read_all(config());
  import(records, 1);
  const Records moved = read_all(target());
  import(records, 2);
  EXPECT_EQ(read_all(target()), moved);
  EXPECT_EQ(moved, records);
  EXPECT_EQ(broken_in_target(), "");
}

TEST_F(ArchiveTest, takes_what_was_written_since_the_last_import) {
  Records early, late;
  {
    Crowd crowd(config(), 31);
    crowd.live(120);
    crowd.store().database->close();
    TemporaryDirectory copy;
    ASSERT_TRUE(crowd.store().database->checkpoint(copy.path() / "then"));
    early = read_all(small_config(copy.path() / "then"));
  }
  import(early, 1);
  {
    OpenStore store(config());
    Caller caller;
    const auto& account = std::get<chat::Account>(early[0]);
    const auto& other = std::get<chat::Account>(early[1]);
    for (int i = 0; i < 30; ++i) caller.say(store, account.id, other.id, "later");
    const auto last = caller.say(store, other.id, account.id, "last");
    caller.good(store.receipts().mark_read(account.id, last.id, at(5000)));
  }
  late = read_all(config());
  ASSERT_GT(late.size(), early.size());
  import(late, 2);
  EXPECT_EQ(read_all(target()), late);
  EXPECT_EQ(broken_in_target(), "");
}

TEST_F(ArchiveTest, goes_on_from_any_position) {
  fill(41, 700);
  const auto source = source_of(config());
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
  EXPECT_GE(positions.size(), 2u) << records.size();
  for (const auto& [position, before] : positions) {
    ASSERT_TRUE(source->seek(position));
    const Records rest(records.begin() + static_cast<std::ptrdiff_t>(before), records.end());
    EXPECT_EQ(read_all(*source), rest) << position;
  }
  EXPECT_FALSE(source->seek("x"));
  EXPECT_FALSE(source->seek("z0123456789abcdef01234567"));
}

TEST_F(ArchiveTest, counts_what_it_will_give) {
  fill(51, 200);
  const auto source = source_of(config());
  const auto totals = source->totals();
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->accounts, 7u);
  EXPECT_EQ(totals->logins, 7u) << "one of them has expired, and is not given";
  EXPECT_EQ(totals->all(), read_all(*source).size() + 1);
}

TEST_F(ArchiveTest, has_the_same_fingerprint_until_something_is_written) {
  fill(61, 20);
  const std::string before = source_of(config())->fingerprint();
  EXPECT_EQ(source_of(config())->fingerprint(), before);
  {
    OpenStore store(config());
    Caller caller;
    caller.user(store, "somebody");
  }
  EXPECT_NE(source_of(config())->fingerprint(), before);
}

TEST_F(ArchiveTest, keeps_client_ids_logins_and_cursors_good) {
  chat::Message first;
  chat::UserId alice, bob, gone;
  std::optional<Time> ended;
  {
    Crowd crowd(config(), 71);
    crowd.live(50);
    alice = crowd.people()[0], bob = crowd.people()[1], gone = crowd.people()[6];
    crowd.caller().good(crowd.store().sessions().revoke_all(gone, std::nullopt));
    ended = crowd.caller().good(crowd.store().sessions().all_ended(gone));
    first = crowd.caller().say(crowd.store(), alice, bob, "once", "the id");
    crowd.caller().say(crowd.store(), alice, bob, "after");
  }
  const auto source = source_of(config());
  newest_ = source->newest();
  const Records records = read_all(*source);
  import(records, 1);
  OpenStore store(target());
  Caller caller;
  const auto again =
      caller.good(store.messages().append({alice, bob, "twice", "the id", at(9000)}));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.message.id, first.id);
  EXPECT_EQ(again.message.content, "once");
  const auto page = caller.good(store.messages().changes(bob, first.version, 100));
  EXPECT_THAT(chat::contract::contents(page.messages), ::testing::ElementsAre("after"));
  const auto next = caller.say(store, bob, alice, "new");
  EXPECT_EQ(next.version, newest_ + 1);
  for (const ArchiveRecord& record : records) {
    const auto* login = std::get_if<chat::ArchivedLogin>(&record);
    if (login == nullptr) continue;
    chat::Family rotated = login->family;
    rotated.token_id = "next";
    const auto done =
        caller.run(store.sessions().rotate(rotated, {login->family.token_id, at(100)}));
    EXPECT_EQ(done.has_value(), !login->revoked);
  }
  EXPECT_TRUE(ended);
  EXPECT_EQ(caller.good(store.sessions().all_ended(gone)), ended);
}

TEST_F(ArchiveTest, gives_versions_above_all_that_the_other_store_gave) {
  fill(81, 30);
  newest_ = 1'000'000'000'000;
  import(read_all(config()), 1);
  OpenStore store(target());
  Caller caller;
  const auto a = caller.user(store, "a"), b = caller.user(store, "b");
  EXPECT_EQ(caller.say(store, a, b, "x").version, newest_ + 1);
}

TEST_F(ArchiveTest, gives_a_client_id_that_was_used_twice_to_the_newer_message) {
  Crowd(config(), 91).live(1);
  Records records = read_all(config());
  std::erase_if(records, [](const auto& one) { return one.index() >= 2; });
  const auto alice = std::get<chat::Account>(records[0]).id;
  for (int i = 0; i < 2; ++i) {
    const auto other = std::get<chat::Account>(records[static_cast<std::size_t>(1 + i)]).id;
    chat::ArchivedConversation talk;
    talk.conversation = {{}, {alice, other}, at(0)};
    talk.conversation.id.bytes[11] = static_cast<std::uint8_t>(1 + i);
    talk.receipts = {{alice, {}, {}}, {other, {}, {}}};
    chat::Message message;
    message.id.bytes[11] = static_cast<std::uint8_t>(1 + i);
    message.conversation_id = talk.conversation.id;
    message.sender = alice;
    message.receiver = other;
    message.content = i == 0 ? "newer" : "older";
    message.seq = 1;
    message.version = static_cast<chat::Version>(20 - 10 * i);
    message.client_id = "again";
    message.created_at = at(i == 0 ? 2'000 : 1'000);
    records.emplace_back(talk);
    records.emplace_back(message);
  }
  import(records, 1);
  EXPECT_EQ(read_all(target()), records);
  OpenStore store(target());
  Caller caller;
  const auto other = std::get<chat::Account>(records[1]).id;
  EXPECT_EQ(
      caller.good(store.messages().append({alice, other, "x", "again", at(3'000)})).message.content,
      "newer");
}

TEST_F(ArchiveTest, remembers_how_far_an_import_is) {
  const ObjectId archive{1}, another{2};
  {
    const auto sink = sink_of(target());
    EXPECT_EQ(*sink->resume(archive), "");
    ASSERT_TRUE(sink->accept({}, "17"));
    ASSERT_TRUE(sink->accept({}, ""));
  }
  EXPECT_EQ(*sink_of(target())->resume(archive), "17");
  EXPECT_EQ(*sink_of(target())->resume(another), "");
  {
    const auto sink = sink_of(target());
    EXPECT_EQ(*sink->resume(archive), "17");
    ASSERT_TRUE(sink->finish(0));
  }
  EXPECT_EQ(*sink_of(target())->resume(archive), "");
}

TEST_F(ArchiveTest, names_what_is_in_the_way) {
  fill(101, 200);
  const Records records = read_all(config());
  import(records, 1);

  auto account = std::get<chat::Account>(records[0]);
  account.username = "Mallory";
  EXPECT_THAT(refusal(account), HasSubstr("account " + account.id.hex()));
  account = std::get<chat::Account>(records[0]);
  account.id.bytes[0] ^= 1;
  EXPECT_THAT(refusal(account), HasSubstr("another account has its e-mail address"));
  auto login = std::get<chat::ArchivedLogin>(records[7]);
  login.revoked = !login.revoked;
  EXPECT_THAT(refusal(login), HasSubstr("login " + login.family.id.hex()));

  const auto is_conversation = [](const auto& one) { return one.index() == 2; };
  const auto found = std::find_if(records.begin(), records.end(), is_conversation);
  auto talk = std::get<chat::ArchivedConversation>(*found);
  talk.conversation.id.bytes[0] ^= 1;
  EXPECT_THAT(refusal(talk), HasSubstr("have another conversation here"));
  talk = std::get<chat::ArchivedConversation>(*found);
  talk.conversation.created_at += 1s;
  EXPECT_THAT(refusal(talk), HasSubstr("conversation " + talk.conversation.id.hex()));

  const auto refuse_message = [&](auto change) {
    auto message = std::get<chat::Message>(*(found + 1));
    change(message);
    const auto sink = sink_of(target());
    const auto refused = sink->accept({*found, message}, {});
    return refused ? std::string("accepted") : refused.error().detail;
  };
  const std::string name = "message " + std::get<chat::Message>(*(found + 1)).id.hex();
  EXPECT_THAT(refuse_message([](chat::Message& m) { m.content += "!"; }), HasSubstr(name));
  EXPECT_THAT(refuse_message([](chat::Message& m) { m.client_id = "other"; }), HasSubstr(name));
  EXPECT_THAT(refuse_message([](chat::Message& m) {
                if (m.delivered_at) *m.delivered_at += 1ms;
                m.created_at += 1ms;
              }),
              HasSubstr(name));
  EXPECT_THAT(refuse_message([](chat::Message& m) { m.seq = 1000; }),
              HasSubstr("the one before it is missing"));
  EXPECT_EQ(broken_in_target(), "");
  EXPECT_EQ(read_all(target()), records);
}

TEST_F(ArchiveTest, keeps_servers_out_and_does_not_make_stores_to_read) {
  EXPECT_EQ(open_archive_source(config()).error().code, Errc::not_found);
  fill(111, 5);
  const auto source = source_of(config());
  EXPECT_EQ(Database::open(config()).error().code, Errc::conflict);
  EXPECT_EQ(open_archive_sink(config()).error().code, Errc::conflict);
}

TEST_F(ArchiveTest, says_when_the_users_of_a_killed_server_left) {
  fill(121, 5);
  const Records records = read_all(config());
  const auto user = std::get<chat::Account>(records[0]).id;
  {
    auto engine = Engine::open(config(), Access::write);
    ASSERT_TRUE(engine);
    Transaction transaction(**engine, config());
    Liveness::arrived(transaction, user, at(700'000));
    Liveness::alive(transaction, at(800'000));
    ASSERT_TRUE(transaction.commit().ok());
  }
  EXPECT_EQ(std::get<chat::Account>(read_all(config())[0]).last_seen, at(800'000));
}

TEST_F(ArchiveTest, stops_at_a_message_that_is_gone) {
  fill(131, 100);
  const Records records = read_all(config());
  {
    auto engine = Engine::open(config(), Access::write);
    const auto& last = std::get<chat::Message>(records.back());
    const Key key = keys::message(last.conversation_id, last.seq);
    ASSERT_TRUE((*engine)->db().Delete({}, (*engine)->table(key.table), key.bytes.view()).ok());
  }
  EXPECT_THROW(read_all(config()), std::runtime_error);
}

}  // namespace
}  // namespace parley::store::embedded
