#include "store/embedded/memtable.hpp"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/slice_transform.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>

#include "store/embedded/keys.hpp"
#include "store/embedded/row_testing.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using Database = std::unique_ptr<rocksdb::DB>;
using Cursor = std::unique_ptr<rocksdb::Iterator>;

constexpr std::size_t prefix_length = 13;

/// As the engine's, small.
rocksdb::Options options_for(std::shared_ptr<rocksdb::MemTableRepFactory> memtables) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.memtable_factory = std::move(memtables);
  options.allow_concurrent_memtable_write = false;
  options.prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(prefix_length));
  options.write_buffer_size = 256u << 10;
  return options;
}

Database open(const rocksdb::Options& options, const std::filesystem::path& path) {
  rocksdb::DB* opened = nullptr;
  EXPECT_TRUE(rocksdb::DB::Open(options, path, &opened).ok());
  return Database(opened);
}

/// Keys of few conversations and users, with extreme bytes.
class SomeKeys {
 public:
  explicit SomeKeys(std::mt19937_64& random) : random_(random) {}

  Key operator()() {
    const chat::ConversationId conversation{id()};
    const chat::UserId user{id()};
    switch (random_() % 8) {
      case 0:
        return keys::message_id({id()});
      case 1:
        return keys::head(conversation);
      case 2:
        return keys::pair(user, {id()});
      case 3:
        return keys::membership(user, conversation);
      case 4:
        return keys::client_id(user, client_id());
      case 5:
        return keys::watermark(conversation, random_() % 2, Mark(random_() % 2), seq());
      default:
        return keys::message(conversation, seq());
    }
  }
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

 private:
  ObjectId id() {
    constexpr std::uint8_t bytes[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    ObjectId id;
    id.fill(bytes[random_() % 5]);
    if (random_() % 2 == 0) id.back() = bytes[random_() % 5];
    return id;
  }
  chat::Seq seq() {
    constexpr chat::Seq seqs[] = {0, 1, 2, 3, 127, 128, 255, 256, 65'535, 1ull << 63, ~0ull};
    return seqs[random_() % 11];
  }
  std::string client_id() {
    constexpr char bytes[] = {'\0', 'a', '\x7F', '\x80', '\xFF'};
    std::string made(random_() % 8 == 0 ? 150 : random_() % 3, 'a');
    for (char& byte : made) byte = bytes[random_() % 5];
    return made;
  }
  std::mt19937_64& random_;
};

std::string place(const Cursor& at) {
  if (!at->Valid()) return at->status().ok() ? "none" : at->status().ToString();
  return at->key().ToString(true) + "=" + std::to_string(at->value().size()) + "," +
         at->value().ToString().substr(0, 9);
}

/// Rows of one group, and of one prefix, where a scan ends as well.
bool is_of_one_scan(const rocksdb::Slice& one, const rocksdb::Slice& other) {
  const auto begin = [](const rocksdb::Slice& key, std::size_t size) {
    return rocksdb::Slice(key.data(), std::min(key.size(), size));
  };
  return begin(one, prefix_length) == begin(other, prefix_length) &&
         begin(one, keys::chat_group(one)) == begin(other, keys::chat_group(other));
}

/// RocksDB's memtable and ours, to which the same is done.
class Twins {
 public:
  explicit Twins(std::uint64_t seed) : random_(seed) {}
  ~Twins() { forget(); }

  void write() {
    rocksdb::WriteBatch batch;
    for (std::uint64_t rows = 1 + keys_.below(20); rows > 0; --rows) {
      const Key key = keys_();
      const std::size_t size = keys_.below(50) == 0 ? keys_.below(20'000) : keys_.below(40);
      const std::string value = std::to_string(++writes_) + std::string(size, 'v');
      const auto done =
          keys_.below(4) == 0 ? batch.Delete(key.bytes.view()) : batch.Put(key.bytes.view(), value);
      ASSERT_TRUE(done.ok());
    }
    for (const Database& one : databases_) ASSERT_TRUE(one->Write({}, &batch).ok());
  }
  void flush() {
    for (const Database& one : databases_) ASSERT_TRUE(one->Flush({}).ok());
  }
  /// From now on some reads see what is there now.
  void remember() {
    forget();
    for (int i : {0, 1}) snapshots_[i] = databases_[i]->GetSnapshot();
  }
  void forget() {
    for (int i : {0, 1}) {
      if (snapshots_[i] != nullptr) databases_[i]->ReleaseSnapshot(snapshots_[i]);
      snapshots_[i] = nullptr;
    }
  }

  void get() {
    const Key key = keys_();
    const bool is_old = keys_.below(2) == 0;
    std::string values[2], told[2];
    for (int i : {0, 1}) {
      rocksdb::ReadOptions options;
      if (is_old) options.snapshot = snapshots_[i];
      told[i] = databases_[i]->Get(options, key.bytes.view(), &values[i]).ToString();
    }
    ASSERT_EQ(told[0] + values[0], told[1] + values[1]);
  }

  /// Whatever is asked of an iterator over all rows, with bounds sometimes.
  void walk() {
    const Key low = keys_(), high = keys_();
    const rocksdb::Slice from = low.bytes.view(), to = high.bytes.view();
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    if (keys_.below(3) == 0) options.iterate_lower_bound = &from;
    if (keys_.below(3) == 0) options.iterate_upper_bound = &to;
    if (options.iterate_lower_bound && options.iterate_upper_bound && to.compare(from) <= 0) return;
    Cursor at[2];
    for (int i : {0, 1}) at[i] = cursor(i, options);
    for (int turns = 0; turns < 4; ++turns) {
      const std::uint64_t how = keys_.below(6);
      const Key key = keys_();
      for (const Cursor& one : at) go(*one, how, key.bytes.view());
      wander(at);
      // What is written meanwhile is not seen, and a memtable that is flushed can still be read.
      write();
      if (keys_.below(20) == 0) flush();
    }
  }

  /// A scan of one group forward, as Rows has it, and backward.
  void scan() {
    const Key key = keys_();
    rocksdb::ReadOptions whole, grouped;
    whole.total_order_seek = true;
    grouped.prefix_same_as_start = true;
    const Cursor at[2] = {cursor(0, whole), cursor(1, grouped)};
    const bool is_forward = keys_.below(2) == 0;
    for (const Cursor& one : at)
      is_forward ? one->Seek(key.bytes.view()) : one->SeekForPrev(key.bytes.view());
    const auto inside = [&](const Cursor& one) {
      return one->Valid() && is_of_one_scan(one->key(), key.bytes.view()) ? place(one) : "none";
    };
    while (inside(at[0]) != "none") {
      ASSERT_EQ(inside(at[0]), inside(at[1]));
      for (const Cursor& one : at) is_forward ? one->Next() : one->Prev();
    }
    ASSERT_EQ(inside(at[1]), "none");
  }

  std::uint64_t below(std::uint64_t end) { return keys_.below(end); }

 private:
  Cursor cursor(int of, rocksdb::ReadOptions options) {
    if (snapshots_[of] != nullptr && writes_ % 2 == 0) options.snapshot = snapshots_[of];
    return Cursor(databases_[of]->NewIterator(options));
  }
  static void go(rocksdb::Iterator& at, std::uint64_t how, std::string_view key) {
    if (how == 0) return at.SeekToFirst();
    if (how == 1) return at.SeekToLast();
    how < 4 ? at.Seek(key) : at.SeekForPrev(key);
  }
  void wander(const Cursor (&at)[2]) {
    for (int steps = 0; steps < 12; ++steps) {
      ASSERT_EQ(place(at[0]), place(at[1]));
      if (!at[0]->Valid()) return;
      const bool back = keys_.below(3) == 0;
      for (const Cursor& one : at) back ? one->Prev() : one->Next();
    }
  }

  TemporaryDirectory directory_;
  Upcoming upcoming_{std::vector<std::uint64_t>(100, 7), 0};  // All wrong, which costs time alone.
  std::mt19937_64 random_;
  SomeKeys keys_{random_};
  Database databases_[2] = {
      open(options_for(std::make_shared<rocksdb::SkipListFactory>()), directory_.path() / "theirs"),
      open(options_for(std::make_shared<Memtables>(keys::groups(Table::chat, 1u << 16), upcoming_)),
           directory_.path() / "ours")};
  const rocksdb::Snapshot* snapshots_[2] = {nullptr, nullptr};
  std::uint64_t writes_ = 0;
};

/// Other steps with --gtest_shuffle --gtest_random_seed=n.
TEST(Memtables, answer_as_those_of_rocksdb_do) {
  Twins twins(1 + static_cast<std::uint64_t>(testing::UnitTest::GetInstance()->random_seed()));
  for (int i = 0; i < 4'000 && !::testing::Test::HasFatalFailure(); ++i) {
    const std::uint64_t what = twins.below(100);
    if (what < 40) {
      twins.write();
    } else if (what < 60) {
      twins.get();
    } else if (what < 75) {
      twins.walk();
    } else if (what < 97) {
      twins.scan();
    } else if (what < 98) {
      twins.flush();
    } else {
      twins.remember();
    }
  }
}

/// The people's: one group, of keys of all kinds.
TEST(Memtables, hold_all_rows_of_people) {
  const TemporaryDirectory directory;
  Upcoming upcoming;
  rocksdb::Options options =
      options_for(std::make_shared<Memtables>(keys::groups(Table::people, 1u << 20), upcoming));
  options.prefix_extractor.reset();
  const Database db = open(options, directory.path() / "db");
  std::mt19937_64 random(1);
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = random_key(random, 3);
    ASSERT_TRUE(db->Put({}, key, std::to_string(i)).ok());
    expected[key] = std::to_string(i);
  }
  const Cursor at(db->NewIterator({}));
  at->SeekToFirst();
  for (const auto& [key, value] : expected) {
    ASSERT_TRUE(at->Valid());
    ASSERT_EQ(at->key().ToString(), key);
    ASSERT_EQ(at->value().ToString(), value);
    at->Next();
  }
  EXPECT_FALSE(at->Valid());
}

/// Each batch writes its number to rows of several groups; who reads one moment sees one number.
TEST(Memtables, show_one_moment_while_they_are_written_and_switched) {
  const TemporaryDirectory directory;
  Upcoming upcoming;
  const Database db =
      open(options_for(std::make_shared<Memtables>(keys::groups(Table::chat, 1u << 16), upcoming)),
           directory.path() / "db");
  const chat::ConversationId conversation{};
  const auto write = [&](int number) {
    rocksdb::WriteBatch batch;
    const std::string value = std::to_string(number) + std::string(100, ' ');
    const auto next = static_cast<chat::Seq>(number);
    for (const Key& key : {keys::head(conversation), keys::message(conversation, 0),
                           keys::membership({}, conversation), keys::message(conversation, next)})
      ASSERT_TRUE(batch.Put(key.bytes.view(), value).ok());
    ASSERT_TRUE(db->Write({}, &batch).ok());
  };
  write(1);
  std::atomic<bool> is_done = false;
  const auto read = [&] {
    while (!is_done) {
      rocksdb::ReadOptions options;
      options.snapshot = db->GetSnapshot();
      options.prefix_same_as_start = true;
      std::string head;
      ASSERT_TRUE(db->Get(options, keys::head(conversation).bytes.view(), &head).ok());
      int messages = 0;
      {
        const Cursor at(db->NewIterator(options));
        const Key first = keys::message(conversation, 0);
        at->Seek(first.bytes.view());
        ASSERT_TRUE(at->Valid());
        ASSERT_EQ(at->value().ToString(), head);
        for (at->Next(); at->Valid(); at->Next()) ++messages;
        options.total_order_seek = true;
        options.prefix_same_as_start = false;
        const Cursor all(db->NewIterator(options));
        all->SeekToLast();
        ASSERT_TRUE(all->Valid());
        ASSERT_EQ(all->value().ToString(), head);
      }
      ASSERT_EQ(messages, std::stoi(head)) << "each batch adds one";
      db->ReleaseSnapshot(options.snapshot);
    }
  };
  std::thread readers[] = {std::thread(read), std::thread(read)};
  for (int number = 2; number < 3'000; ++number) write(number);
  is_done = true;
  for (std::thread& one : readers) one.join();
}

}  // namespace
}  // namespace parley::store::embedded
