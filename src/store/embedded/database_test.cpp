#include "store/embedded/database.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "net/shard.hpp"
#include "store/embedded/bytes.hpp"
#include "store/embedded/engine.hpp"
#include "store/embedded/faulty_disk.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;

class DatabaseTest : public ::testing::Test {
 protected:
  Config config() const { return small_config(directory_.path()); }
  void rewrite_meta(const std::string& name, const std::string& value) {
    const auto engine = Engine::open(config(), Access::write);
    ASSERT_TRUE(engine);
    const Key key = keys::meta(name);
    ASSERT_TRUE((*engine)->db().Put({}, (*engine)->table(key.table), key.bytes.view(), value).ok());
  }

  TemporaryDirectory directory_;
  Caller caller_;
};

TEST_F(DatabaseTest, makes_folders_for_its_owner_alone) {
  namespace fs = std::filesystem;
  const fs::path data = fs::path{directory_.path()} / "data";
  { const OpenStore store(small_config(data)); }
  for (const fs::path& folder : {data, data / "db"})
    EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all) << folder;
}

TEST_F(DatabaseTest, keeps_everything_across_a_restart) {
  chat::UserId alice, bob;
  chat::Message first, second;
  chat::Family family{{}, {}, "token", at(1'000'000'000)};
  {
    OpenStore store(config());
    alice = caller_.user(store, "alice");
    bob = caller_.user(store, "bob");
    family.user = alice;
    caller_.good(store.sessions().open(family));
    first = caller_.say(store, alice, bob, "one");
    second = caller_.say(store, bob, alice, "two");
    caller_.good(store.receipts().mark_read(bob, first.id, at(5000)));
  }
  OpenStore store(config());
  const auto all = caller_.all_of(store, first.conversation_id, alice);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].read_at, at(5000));
  EXPECT_EQ(all[1], second);
  EXPECT_EQ(caller_.good(store.accounts().find_by_email("alice@example.org")).id, alice);
  chat::Family next = family;
  next.token_id = "next";
  EXPECT_TRUE(caller_.run(store.sessions().rotate(next, {"token", at(0)})));
  const chat::Message third = caller_.say(store, alice, bob, "three");
  EXPECT_EQ(third.seq, 3u);
  EXPECT_GT(third.version, second.version);
  EXPECT_EQ(broken_rules(*store.database), "");
}

TEST_F(DatabaseTest, writes_nothing_for_a_change_of_an_account_that_changes_nothing) {
  OpenStore store(config());
  const auto alice = caller_.user(store, "alice");
  chat::ProfilePatch patch;
  patch.name = "Alice";
  EXPECT_EQ(caller_.good(store.accounts().update(alice, patch, at(5))).updated_at, at(5));
  caller_.good(store.accounts().set_administrator(alice, true, at(6)));
  const auto synced = store.database->stats().synced_commits.load();
  EXPECT_EQ(caller_.good(store.accounts().update(alice, patch, at(7))).updated_at, at(6));
  EXPECT_EQ(caller_.good(store.accounts().set_administrator(alice, true, at(8))).updated_at, at(6));
  EXPECT_EQ(store.database->stats().synced_commits, synced);
}

TEST_F(DatabaseTest, knows_a_client_id_across_a_restart) {
  chat::UserId alice, bob;
  chat::Message first;
  {
    OpenStore store(config());
    alice = caller_.user(store, "alice");
    bob = caller_.user(store, "bob");
    first = caller_.say(store, alice, bob, "once", "c-1");
  }
  OpenStore store(config());
  const auto again = caller_.good(store.messages().append({alice, bob, "once", "c-1", at(9000)}));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.message, first);
  EXPECT_EQ(store.database->stats().duplicate_messages, 1u);
}

TEST_F(DatabaseTest, refuses_a_directory_that_another_process_has_open) {
  const OpenStore store(config());
  const auto second = Database::open(config());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_NE(second.error().detail.find("in use by another process"), std::string::npos)
      << second.error().detail;
}

TEST_F(DatabaseTest, refuses_a_newer_format) {
  { const OpenStore store(config()); }
  rewrite_meta("format", Bytes().be64(format_version + 1).str());
  const auto opened = Database::open(config());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::not_supported);
  EXPECT_NE(opened.error().detail.find("has format 2, and this program reads up to format 1"),
            std::string::npos)
      << opened.error().detail;
}

TEST_F(DatabaseTest, refuses_a_newer_format_with_tables_that_it_does_not_know) {
  { const OpenStore store(config()); }
  {
    const auto engine = Engine::open(config(), Access::write);
    ASSERT_TRUE(engine);
    rocksdb::ColumnFamilyHandle* future = nullptr;
    ASSERT_TRUE((*engine)->db().CreateColumnFamily({}, "future", &future).ok());
    ASSERT_TRUE((*engine)->db().DestroyColumnFamilyHandle(future).ok());
  }
  rewrite_meta("format", Bytes().be64(7).str());
  const auto opened = Database::open(config());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::not_supported);
}

TEST_F(DatabaseTest, refuses_damaged_meta_rows) {
  { const OpenStore store(config()); }
  rewrite_meta("version", "x");
  const auto opened = Database::open(config());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt);
  rewrite_meta("format", "x");
  EXPECT_EQ(Database::open(config()).error().code, Errc::corrupt);
}

TEST_F(DatabaseTest, does_not_take_a_lock_that_it_cannot_open_for_another_process) {
  std::filesystem::create_directories(config().directory / "LOCK");
  const auto opened = Database::open(config());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::unavailable) << opened.error().detail;
}

TEST_F(DatabaseTest, begins_no_second_conversation_where_the_first_one_is_damaged) {
  chat::UserId alice, bob;
  {
    OpenStore store(config());
    alice = caller_.user(store, "alice");
    bob = caller_.user(store, "bob");
    const Key head = keys::head(caller_.say(store, alice, bob, "one").conversation_id);
    Engine& engine = *store.database->internals().engine;
    ASSERT_TRUE(engine.db().Delete({}, engine.table(head.table), head.bytes.view()).ok());
  }
  OpenStore store(config());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(caller_.refusal(store.messages().append({alice, bob, "two", {}, at(1)})),
              Errc::corrupt);
}

TEST_F(DatabaseTest, refuses_a_place_where_it_cannot_be) {
  Config nowhere = config();
  nowhere.directory = "/proc/nowhere/db";
  const auto opened = Database::open(nowhere);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::unavailable);
}

TEST_F(DatabaseTest, starts_within_half_a_second) {
  const auto started = std::chrono::steady_clock::now();
  const OpenStore store(config());
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::milliseconds(500));
}

TEST_F(DatabaseTest, refuses_writes_when_too_many_wait) {
  Config small = config();
  small.max_queued = 10;
  OpenStore store(small);
  const auto alice = caller_.user(store, "alice"), bob = caller_.user(store, "bob");
  std::vector<Task<Result<chat::Appended>>> tasks;
  for (int i = 0; i < 2000; ++i)
    tasks.push_back(store.messages().append({alice, bob, "x", {}, at(i)}));
  std::size_t refused = 0, written = 0;
  for (const auto& result : chat::fakes::run_all(caller_.context, std::move(tasks))) {
    EXPECT_TRUE(result || result.error().code == Errc::overloaded);
    ++(result ? written : refused);
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GE(written, 10u);
  EXPECT_EQ(store.database->stats().refused_writes, refused);
  EXPECT_EQ(store.database->stats().messages_appended, written);
  EXPECT_TRUE(caller_.run(store.messages().append({alice, bob, "later it works", {}, at(1)})));
  EXPECT_EQ(broken_rules(*store.database), "");
}

TEST_F(DatabaseTest, refuses_writes_and_answers_reads_once_closed) {
  OpenStore store(config());
  const auto alice = caller_.user(store, "alice"), bob = caller_.user(store, "bob");
  const auto message = caller_.say(store, alice, bob, "before");
  store.database->close();
  EXPECT_EQ(caller_.refusal(store.messages().append({alice, bob, "after", {}, at(1)})),
            Errc::closed);
  EXPECT_EQ(caller_.all_of(store, message.conversation_id, alice).size(), 1u);
}

TEST_F(DatabaseTest, shares_one_sync_among_writes_that_come_together) {
  OpenStore store(config());
  const auto alice = caller_.user(store, "alice"), bob = caller_.user(store, "bob");
  const auto before = store.database->stats().synced_commits.load();
  std::vector<Task<Result<chat::Appended>>> tasks;
  for (int i = 0; i < 500; ++i)
    tasks.push_back(store.messages().append({alice, bob, "x", {}, at(i)}));
  chat::fakes::run_all(caller_.context, std::move(tasks));
  EXPECT_LT(store.database->stats().synced_commits - before, 250u);
}

TEST_F(DatabaseTest, syncs_nothing_when_nothing_changes) {
  OpenStore store(config());
  const auto alice = caller_.user(store, "alice"), bob = caller_.user(store, "bob");
  const auto message = caller_.say(store, alice, bob, "x", "c-1");
  caller_.good(store.receipts().mark_read(bob, message.id, at(2)));
  const auto commits = store.database->stats().commits.load();
  caller_.say(store, alice, bob, "x", "c-1");
  caller_.good(store.receipts().mark_read(bob, message.id, at(3)));
  caller_.good(store.sessions().revoke(chat::FamilyId{}));
  EXPECT_EQ(store.database->stats().commits, commits);
}

TEST_F(DatabaseTest, keeps_last_seen_without_waiting_for_the_disk) {
  OpenStore store(config());
  const auto alice = caller_.user(store, "alice");
  const auto synced = store.database->stats().synced_commits.load();
  caller_.good(store.accounts().touch_last_seen(alice, at(77)));
  EXPECT_EQ(store.database->stats().synced_commits, synced);
  EXPECT_EQ(caller_.good(store.accounts().find(alice)).last_seen, at(77));
}

TEST_F(DatabaseTest, serves_two_shards_at_once) {
  net::Shards shards(2);
  OpenStore store(config());
  const auto alice = caller_.user(store, "alice"), bob = caller_.user(store, "bob");
  std::atomic<int> left = 2;
  std::vector<chat::Version> seen[2];
  for (std::size_t i = 0; i < 2; ++i) {
    store.feed().subscribe(shards[i].executor(), [&seen, i](const chat::ChangeBatchPtr& batch) {
      for (const auto& change : batch->changes)
        seen[i].push_back(std::get<chat::MessageAppended>(change).message.version);
    });
  }
  const auto talk = [](OpenStore* stores, chat::UserId from, chat::UserId to,
                       std::atomic<int>* running) -> Task<void> {
    chat::Version last = 0;
    for (int i = 0; i < 300; ++i) {
      chat::NewMessage draft{from, to, std::to_string(i), std::to_string(i), at(i)};
      const auto appended = co_await stores->messages().append(std::move(draft));
      EXPECT_TRUE(appended && appended->message.version > last);
      if (appended) last = appended->message.version;
    }
    --*running;
  };
  shards.start();
  shards[0].spawn("talk", talk(&store, alice, bob, &left));
  shards[1].spawn("talk", talk(&store, bob, alice, &left));
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (left > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  shards.stop();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(store.database->stats().messages_appended, 600u);
  for (const auto& versions : seen) EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end()));
  EXPECT_EQ(broken_rules(*store.database), "");
}

class FaultyDatabase : public DatabaseTest {
 protected:
  Config faulty() {
    Config made = config();
    made.env = disk_.env();
    made.alive_interval = 20ms;
    return made;
  }
  FaultyDisk disk_;
};
class FailingDatabase : public FaultyDatabase,
                        public ::testing::WithParamInterface<FaultyDisk::Fault> {};

TEST_P(FailingDatabase, tells_all_of_the_batch_and_publishes_nothing) {
  OpenStore store(faulty());
  const auto alice = caller_.user(store, "alice"), bob = caller_.user(store, "bob");
  const auto before = caller_.say(store, alice, bob, "before");
  std::size_t heard = 0;
  store.feed().subscribe(caller_.context.get_executor(), [&](const chat::ChangeBatchPtr& batch) {
    heard += batch->changes.size();
  });
  disk_.set(GetParam());
  ::testing::internal::CaptureStderr();
  std::vector<Task<Result<chat::Appended>>> tasks;
  for (int i = 0; i < 20; ++i)
    tasks.push_back(store.messages().append({alice, bob, "lost", std::to_string(i), at(i)}));
  for (const auto& result : chat::fakes::run_all(caller_.context, std::move(tasks))) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::unavailable);
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(" error messages cannot be stored reason="), std::string::npos) << log;
  EXPECT_EQ(heard, 0u);
  EXPECT_EQ(store.database->health().error().code, Errc::unavailable);
  EXPECT_EQ(caller_.all_of(store, before.conversation_id, alice).size(), 1u) << "reads go on";
  EXPECT_EQ(broken_rules(*store.database), "");
  disk_.set(FaultyDisk::Fault::none);
}

TEST_P(FailingDatabase, keeps_what_was_acknowledged_across_a_restart_and_takes_a_retry_once) {
  chat::Message before;
  chat::UserId alice, bob;
  {
    OpenStore store(faulty());
    alice = caller_.user(store, "alice");
    bob = caller_.user(store, "bob");
    before = caller_.say(store, alice, bob, "before");
    disk_.set(GetParam());
    EXPECT_EQ(caller_.refusal(store.messages().append({alice, bob, "again", "c-1", at(1)})),
              Errc::unavailable);
    EXPECT_EQ(caller_.refusal(store.receipts().mark_read(bob, before.id, at(1))),
              Errc::unavailable);
    disk_.set(FaultyDisk::Fault::none);
  }
  OpenStore store(config());
  EXPECT_EQ(broken_rules(*store.database), "");
  // Nobody knows whether the refused send reached the disk; its retry finds out.
  EXPECT_EQ(caller_.say(store, alice, bob, "again", "c-1").seq, before.seq + 1);
  EXPECT_EQ(chat::contract::contents(caller_.all_of(store, before.conversation_id, alice)),
            (std::vector<std::string>{"before", "again"}));
  EXPECT_EQ(broken_rules(*store.database), "");
}

INSTANTIATE_TEST_SUITE_P(Faults, FailingDatabase,
                         ::testing::Values(FaultyDisk::Fault::log_full,
                                           FaultyDisk::Fault::sync_fails));

TEST_F(FaultyDatabase, refuses_writes_after_a_failed_sync_until_a_restart) {
  chat::UserId alice, bob;
  chat::Message before;
  {
    OpenStore store(faulty());
    alice = caller_.user(store, "alice");
    bob = caller_.user(store, "bob");
    before = caller_.say(store, alice, bob, "before");
    disk_.set(FaultyDisk::Fault::sync_fails);
    EXPECT_EQ(caller_.refusal(store.messages().append({alice, bob, "after", "c-1", at(1)})),
              Errc::unavailable);
    disk_.set(FaultyDisk::Fault::none);
    const auto failed = store.database->stats().failed_commits.load();
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (store.database->stats().failed_commits < failed + 3 &&
           std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    EXPECT_GE(store.database->stats().failed_commits, failed + 3) << "it goes on trying";
    EXPECT_EQ(caller_.refusal(store.messages().append({alice, bob, "after", "c-1", at(1)})),
              Errc::unavailable)
        << "nobody knows what the disk holds";
  }
  OpenStore store(config());
  EXPECT_EQ(caller_.say(store, alice, bob, "after", "c-1").seq, before.seq + 1);
  EXPECT_EQ(broken_rules(*store.database), "");
}

/// A store with little room in memory, between two who say long things.
class FillingDatabase : public FaultyDatabase {
 protected:
  Config tight() {
    Config made = faulty();
    made.write_buffer = 64u << 10;
    made.max_log = 256u << 10;
    return made;
  }
  void meet(OpenStore& store) {
    alice_ = caller_.user(store, "alice");
    bob_ = caller_.user(store, "bob");
  }
  /// False: refused.
  bool say_something_long(OpenStore& store) {
    const std::string content = std::to_string(++said_) + std::string(4'000, 'x');
    const auto sent = caller_.run(store.messages().append({alice_, bob_, content, {}, at(said_)}));
    if (!sent) return false;
    told_.push_back(content);
    conversation_ = sent->message.conversation_id;
    return true;
  }
  void wait_for_space(OpenStore& store) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!store.database->health() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    ASSERT_TRUE(store.database->health()) << store.database->health().error().detail;
  }
  /// All that was acknowledged is there, and nothing else.
  void expect_what_was_told(OpenStore& store) {
    EXPECT_EQ(chat::contract::contents(caller_.all_of(store, conversation_, alice_)), told_);
    EXPECT_EQ(broken_rules(*store.database), "");
  }
  /// What the next start would find if the program were killed now, while nothing can be written:
  /// no file goes meanwhile but those of attempts to.
  void expect_what_was_told_after_a_kill() {
    const auto copy = directory_.path() / "killed";
    std::filesystem::remove_all(copy);
    std::filesystem::create_directories(copy / "db");
    for (const auto& file : std::filesystem::directory_iterator(directory_.path() / "db")) {
      std::error_code error;
      std::filesystem::copy_file(file, copy / "db" / file.path().filename(), error);
      ASSERT_TRUE(!error || error == std::errc::no_such_file_or_directory) << error.message();
    }
    OpenStore store(small_config(copy));
    expect_what_was_told(store);
  }

  chat::UserId alice_, bob_;
  chat::ConversationId conversation_;
  std::vector<std::string> told_;

 private:
  int said_ = 0;
};

/// In the middle of a log, as one begins, while memtables are flushed.
TEST_F(FillingDatabase, loses_nothing_when_the_disk_is_full_again_and_again) {
  {
    OpenStore store(tight());
    meet(store);
    for (const int until_full : {3, 29}) {
      for (int i = 0; i < until_full; ++i) ASSERT_TRUE(say_something_long(store));
      disk_.set(FaultyDisk::Fault::full);
      for (int i = 0; i < 5; ++i) EXPECT_FALSE(say_something_long(store));
      expect_what_was_told_after_a_kill();
      disk_.set(FaultyDisk::Fault::none);
      wait_for_space(store);
    }
    expect_what_was_told(store);
  }
  OpenStore store(config());
  expect_what_was_told(store);
}

/// A write that finds the logs too long seals both memtables before it is logged.
TEST_F(FillingDatabase, survives_a_full_disk_that_is_met_first_by_the_write_that_seals_memory) {
  for (int before = 10; before < 30; ++before) {
    SCOPED_TRACE(before);
    told_.clear();
    std::filesystem::remove_all(directory_.path() / "db");
    Config config = faulty();
    config.max_log = 64u << 10;  // Sixteen messages; memory has room for more.
    config.alive_interval = 1h;  // So that nobody else writes.
    OpenStore store(config);
    meet(store);
    for (int i = 0; i < before; ++i) ASSERT_TRUE(say_something_long(store));
    disk_.set(FaultyDisk::Fault::log_full);
    EXPECT_FALSE(say_something_long(store));
    disk_.set(FaultyDisk::Fault::none);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!say_something_long(store) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    expect_what_was_told(store);
  }
}

/// Until what RocksDB says of that is more than it keeps in memory.
TEST_F(FillingDatabase, goes_on_when_the_disk_is_full_for_long) {
  OpenStore store(tight());
  meet(store);
  ASSERT_TRUE(say_something_long(store));
  disk_.set(FaultyDisk::Fault::full);
  for (int i = 0; i < 8'000; ++i) ASSERT_FALSE(say_something_long(store));
  disk_.set(FaultyDisk::Fault::none);
  wait_for_space(store);
  expect_what_was_told(store);
}

TEST_F(FaultyDatabase, survives_tidying_on_a_full_disk) {
  Config config = faulty();
  config.alive_interval = 1h;  // So that nobody else tidies, or finds out that writes fail.
  OpenStore store(config);
  const auto alice = caller_.user(store, "alice"), bob = caller_.user(store, "bob");
  disk_.set(FaultyDisk::Fault::full);
  store.database->internals().engine->merge_from(Tidying::at_rest);
  EXPECT_EQ(caller_.refusal(store.messages().append({alice, bob, "lost", {}, at(1)})),
            Errc::unavailable);
  disk_.set(FaultyDisk::Fault::none);
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  const auto say = [&] {
    return caller_.run(store.messages().append({alice, bob, "after", "c-1", at(1)}));
  };
  auto sent = say();
  while (!sent && std::chrono::steady_clock::now() < deadline) sent = say();
  ASSERT_TRUE(sent) << sent.error().detail;
  EXPECT_EQ(sent->message.seq, 1u);
  EXPECT_EQ(broken_rules(*store.database), "");
}

class FullDatabase : public FaultyDatabase, public ::testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(WithABackup, FullDatabase, ::testing::Bool());

/// A backup leaves nothing in memory, and may be what has filled the disk.
TEST_P(FullDatabase, works_again_when_there_is_space_again_and_leaves_no_gap) {
  OpenStore store(faulty());
  const auto alice = caller_.user(store, "alice"), bob = caller_.user(store, "bob");
  const auto before = caller_.say(store, alice, bob, "before");
  if (GetParam()) {
    ASSERT_TRUE(store.database->checkpoint(directory_.path() / "backup"));
  }
  disk_.set(FaultyDisk::Fault::log_full);
  EXPECT_EQ(caller_.refusal(store.messages().append({alice, bob, "lost", "c-1", at(1)})),
            Errc::unavailable);
  EXPECT_EQ(caller_.refusal(store.receipts().mark_read(bob, before.id, at(1))), Errc::unavailable);
  disk_.set(FaultyDisk::Fault::none);
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!store.database->health() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  ASSERT_TRUE(store.database->health()) << store.database->health().error().detail;
  const auto after = caller_.say(store, alice, bob, "after", "c-1");
  EXPECT_EQ(after.seq, before.seq + 1);
  EXPECT_EQ(after.content, "after") << "a failed send is not remembered";
  EXPECT_EQ(broken_rules(*store.database), "");
}

}  // namespace
}  // namespace parley::store::embedded
