#include "store/embedded/batch.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

class BatchTest : public testing::Test {
 protected:
  void write() {
    rocksdb::WriteBatch rows = batch_.take();
    ASSERT_TRUE(engine_->db().Write({}, &rows).ok());
    batch_.clear();
  }

  /// What the database has: "-" for nothing.
  std::string stored(const std::string& key, Table table = Table::chat) {
    std::string value;
    return engine_->db().Get({}, engine_->table(table), key, &value).ok() ? value : "-";
  }

  /// What the batch knows: "?" for nothing, "-" for an erased row.
  std::string known(std::string_view key, Table table = Table::chat) const {
    const auto row = batch_.find(table, key);
    return !row ? "?" : row->erased ? "-" : std::string(row->value);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Engine> engine_ =
      std::move(*Engine::open(small_config(directory_.path()), Access::write));
  Batch batch_{*engine_};
};

TEST_F(BatchTest, finds_what_was_put_into_the_same_table) {
  EXPECT_TRUE(batch_.is_empty());
  batch_.put(Table::chat, "key", "value");
  EXPECT_FALSE(batch_.is_empty());
  EXPECT_EQ(known("key"), "value");
  EXPECT_EQ(known("key", Table::people), "?");
  EXPECT_EQ(known("ke"), "?");
}

TEST_F(BatchTest, keeps_its_own_copies) {
  std::string key = "key", value = "value";
  batch_.put(Table::chat, key, value);
  key = "yek";
  value = "eulav";
  EXPECT_EQ(known("key"), "value");
}

TEST_F(BatchTest, writes_the_last_of_each_key) {
  batch_.put(Table::chat, "twice", "first");
  batch_.put(Table::chat, "gone", "value");
  batch_.put(Table::chat, "twice", "second");
  batch_.erase(Table::chat, "gone");
  batch_.erase(Table::chat, "back");
  batch_.put(Table::chat, "back", "");
  EXPECT_EQ(known("twice"), "second");
  EXPECT_EQ(known("gone"), "-");
  EXPECT_EQ(known("back"), "");
  std::size_t rows = 0;
  batch_.for_each(Table::chat, [&rows](const Batch::Row&) { ++rows; });
  EXPECT_EQ(rows, 3u);
  write();
  EXPECT_EQ(stored("twice"), "second");
  EXPECT_EQ(stored("gone"), "-");
  EXPECT_EQ(stored("back"), "");
}

TEST_F(BatchTest, writes_rows_of_both_tables) {
  batch_.put(Table::people, "key", "of people");
  batch_.put(Table::chat, "key", "of a chat");
  write();
  EXPECT_EQ(stored("key", Table::people), "of people");
  EXPECT_EQ(stored("key", Table::chat), "of a chat");
}

TEST_F(BatchTest, has_the_form_of_rocksdbs_own) {
  const std::string sizes[] = {"", "k", std::string(127, 'a'), std::string(128, 'b'),
                               std::string(20'000, 'c')};
  rocksdb::WriteBatch own;
  for (const Table table : {Table::people, Table::chat}) {
    for (const std::string& text : sizes) {
      batch_.put(table, text, "value");
      batch_.add(table, text + "-", text);
      batch_.erase(table, text + "+");
      ASSERT_TRUE(own.Put(engine_->table(table), text, "value").ok());
      ASSERT_TRUE(own.Put(engine_->table(table), text + "-", text).ok());
      ASSERT_TRUE(own.Delete(engine_->table(table), text + "+").ok());
    }
  }
  EXPECT_EQ(batch_.take().Data(), own.Data());
}

TEST_F(BatchTest, added_rows_are_written_and_not_found) {
  batch_.add(Table::chat, "key", "value");
  EXPECT_FALSE(batch_.is_empty());
  EXPECT_EQ(known("key"), "?");
  write();
  EXPECT_EQ(stored("key"), "value");
}

TEST_F(BatchTest, forgets_all_when_it_is_cleared) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2'000; ++i)  // more than the memory that it keeps
      batch_.put(Table::chat, "key" + std::to_string(i), std::string(300, 'x'));
    std::size_t rows = 0;
    batch_.for_each(Table::chat, [&rows](const Batch::Row&) { ++rows; });
    EXPECT_EQ(rows, 2'000u);
    batch_.clear();
    EXPECT_TRUE(batch_.is_empty());
    EXPECT_EQ(known("key7"), "?");
    EXPECT_EQ(batch_.take().Count(), 0);
  }
}

}  // namespace
}  // namespace parley::store::embedded
