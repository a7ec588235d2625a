#include "store/embedded/backup.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "store/embedded/bytes.hpp"
#include "store/embedded/engine.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;
namespace fs = std::filesystem;

class BackupTest : public ::testing::Test {
 protected:
  fs::path data() const { return directory_.path() / "data"; }
  fs::path copy() const { return directory_.path() / "copy"; }

  /// A store with two users and `messages` messages in data().
  void fill(int messages) {
    OpenStore store(small_config(data()));
    alice_ = caller_.user(store, "alice");
    bob_ = caller_.user(store, "bob");
    for (int i = 0; i < messages; ++i)
      talk_ = caller_.say(store, alice_, bob_, std::to_string(i)).conversation_id;
  }
  std::vector<std::string> contents_in(const fs::path& root) {
    OpenStore store(small_config(root));
    EXPECT_EQ(broken_rules(*store.database), "");
    return chat::contract::contents(caller_.all_of(store, talk_, alice_));
  }

  TemporaryDirectory directory_;
  Caller caller_;
  chat::UserId alice_, bob_;
  chat::ConversationId talk_;
};

TEST_F(BackupTest, copies_a_stopped_store_and_brings_it_back) {
  fill(3);
  ASSERT_TRUE(backup_stopped(data(), copy()));
  fs::remove_all(data());
  ASSERT_TRUE(restore(copy(), data()));
  EXPECT_EQ(contents_in(data()), (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_FALSE(fs::exists(data() / "db.partial"));
}

TEST_F(BackupTest, copies_a_running_store_consistently_while_it_is_written) {
  fill(1);
  std::vector<std::string> before;
  {
    Caller other;  // Outlives the store, as whoever waits for one does.
    OpenStore store(small_config(data()));
    std::atomic<bool> ends = false;
    std::thread writer([&] {
      for (int i = 0; !ends; ++i)
        other.say(store, i % 2 ? alice_ : bob_, i % 2 ? bob_ : alice_, "w" + std::to_string(i));
    });
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (store.database->stats().messages_appended < 50 &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    before = chat::contract::contents(caller_.all_of(store, talk_, alice_));
    const auto made = store.database->checkpoint(copy());
    ends = true;
    writer.join();
    ASSERT_TRUE(made) << made.error().detail;
  }
  ASSERT_TRUE(restore(copy(), directory_.path() / "restored"));
  const auto after = contents_in(directory_.path() / "restored");
  ASSERT_GE(after.size(), before.size()) << "all that was acknowledged before it began";
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
}

TEST_F(BackupTest, leaves_a_backup_alone_when_it_is_restored_and_written) {
  fill(2);
  ASSERT_TRUE(backup_stopped(data(), copy()));
  ASSERT_TRUE(restore(copy(), directory_.path() / "one"));
  {
    OpenStore store(small_config(directory_.path() / "one"));
    caller_.say(store, alice_, bob_, "later");
  }
  ASSERT_TRUE(restore(copy(), directory_.path() / "two"));
  EXPECT_EQ(contents_in(directory_.path() / "two").size(), 2u);
}

TEST_F(BackupTest, refuses_a_target_that_exists) {
  fill(1);
  fs::create_directories(copy());
  EXPECT_EQ(backup_stopped(data(), copy()).error().code, Errc::conflict);
  OpenStore store(small_config(data()));
  EXPECT_EQ(store.database->checkpoint(copy()).error().code, Errc::conflict);
}

TEST_F(BackupTest, takes_a_folder_that_is_named_with_a_slash) {
  fill(1);
  ASSERT_TRUE(backup_stopped(data(), copy().string() + "/"));
  EXPECT_EQ(contents_in(copy()), std::vector<std::string>{"0"});
  EXPECT_FALSE(fs::exists(copy().string() + ".partial"));
}

TEST_F(BackupTest, begins_again_after_an_attempt_that_was_interrupted) {
  fill(1);
  fs::create_directories(copy().string() + ".partial/db");
  ASSERT_TRUE(backup_stopped(data(), copy()));
  EXPECT_FALSE(fs::exists(copy().string() + ".partial"));
}

TEST_F(BackupTest, refuses_to_copy_behind_the_back_of_a_server) {
  fill(1);
  const OpenStore store(small_config(data()));
  EXPECT_EQ(backup_stopped(data(), copy()).error().code, Errc::conflict);
}

TEST_F(BackupTest, says_when_there_is_nothing_to_copy_or_to_restore) {
  EXPECT_EQ(backup_stopped(data(), copy()).error().code, Errc::not_found);
  EXPECT_EQ(restore(copy(), data()).error().code, Errc::not_found);
  EXPECT_FALSE(fs::exists(data())) << "asking makes nothing";
}

TEST_F(BackupTest, never_replaces_a_store) {
  fill(2);
  ASSERT_TRUE(backup_stopped(data(), copy()));
  {
    OpenStore store(small_config(data()));
    caller_.say(store, alice_, bob_, "newer");
    EXPECT_EQ(restore(copy(), data()).error().code, Errc::conflict) << "while a server runs";
  }
  EXPECT_EQ(restore(copy(), data()).error().code, Errc::conflict);
  EXPECT_EQ(contents_in(data()).size(), 3u);
}

TEST_F(BackupTest, fills_an_empty_folder) {
  fill(1);
  ASSERT_TRUE(backup_stopped(data(), copy()));
  const auto fresh = directory_.path() / "fresh";
  fs::create_directories(fresh / "db");
  ASSERT_TRUE(restore(copy(), fresh));
  EXPECT_EQ(contents_in(fresh), std::vector<std::string>{"0"});
}

TEST_F(BackupTest, begins_no_empty_store_where_a_restore_was_interrupted) {
  fill(2);
  ASSERT_TRUE(backup_stopped(data(), copy()));
  fs::remove_all(data());
  fs::create_directories(data() / "db.partial");
  std::ofstream(data() / "db.partial" / "CURRENT") << "MANIF";  // Then the power went.
  const auto refused = Database::open(small_config(data()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::corrupt);
  EXPECT_EQ(verify_stopped(data()).error().code, Errc::corrupt) << "nor says that nothing is there";
  EXPECT_NE(refused.error().detail.find("repeat parley restore"), std::string::npos);
  EXPECT_FALSE(fs::exists(data() / "db"));
  ASSERT_TRUE(restore(copy(), data()));
  EXPECT_EQ(contents_in(data()), (std::vector<std::string>{"0", "1"}));
  EXPECT_FALSE(fs::exists(data() / "db.partial"));
}

TEST_F(BackupTest, refuses_a_backup_of_a_newer_format) {
  fill(1);
  ASSERT_TRUE(backup_stopped(data(), copy()));
  {
    const auto engine = Engine::open(small_config(copy()), Access::write);
    const Key key = keys::meta("format");
    ASSERT_TRUE((*engine)
                    ->db()
                    .Put({}, (*engine)->table(key.table), key.bytes.view(), Bytes().be64(9).str())
                    .ok());
  }
  EXPECT_EQ(restore(copy(), directory_.path() / "new").error().code, Errc::not_supported);
}

TEST_F(BackupTest, refuses_a_backup_that_is_damaged) {
  fill(1);
  ASSERT_TRUE(backup_stopped(data(), copy()));
  std::ofstream(copy() / "db" / "CURRENT") << "nonsense\n";
  EXPECT_FALSE(restore(copy(), directory_.path() / "new"));
  EXPECT_FALSE(fs::exists(directory_.path() / "new" / "db"));
}

TEST_F(BackupTest, verifies_a_stopped_store) {
  fill(4);
  const auto findings = verify_stopped(data());
  ASSERT_TRUE(findings);
  EXPECT_TRUE(findings->broken.empty());
  EXPECT_EQ(findings->messages, 4u);
  EXPECT_EQ(findings->conversations, 1u);
  EXPECT_EQ(findings->accounts, 2u);
  EXPECT_FALSE(verify_stopped(copy()));
}

TEST_F(BackupTest, reads_no_store_that_somebody_writes_to) {
  fill(1);
  {
    const OpenStore store(small_config(data()));
    EXPECT_EQ(verify_stopped(data()).error().code, Errc::conflict);
    EXPECT_EQ(restore(data(), copy()).error().code, Errc::conflict);
    EXPECT_FALSE(fs::exists(copy()));
  }
  EXPECT_TRUE(verify_stopped(data()));
}

TEST_F(BackupTest, lets_nobody_write_to_a_store_that_is_read) {
  fill(1);
  {
    const auto reading = Engine::open_existing(small_config(data()), Access::read_only);
    ASSERT_TRUE(reading);
    EXPECT_EQ(Database::open(small_config(data())).error().code, Errc::conflict);
  }
  EXPECT_TRUE(Database::open(small_config(data())));
}

TEST_F(BackupTest, makes_no_lock_in_a_backup_that_it_reads) {
  fill(1);
  ASSERT_TRUE(backup_stopped(data(), copy()));
  EXPECT_TRUE(verify_stopped(copy()));
  EXPECT_FALSE(fs::exists(copy() / "db" / "LOCK"));
}

}  // namespace
}  // namespace parley::store::embedded
