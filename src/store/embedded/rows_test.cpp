#include "store/embedded/rows.hpp"

#include <gtest/gtest.h>

#include "store/embedded/archive.hpp"
#include "store/embedded/faulty_disk.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;

/// A store whose rows are all on a disk that can be made unreadable from any read on. Of everything
/// that is scanned there is more than fits into one block.
class RowsOnABadDisk : public ::testing::Test {
 protected:
  static constexpr int many = 300;

  RowsOnABadDisk() {
    std::vector<Task<Result<chat::Account>>> accounts;
    for (int i = 0; i < many; ++i) accounts.push_back(store_.accounts().create(account(i)));
    for (auto& made : all(std::move(accounts))) users_.push_back(made.id);
    std::vector<Task<Result<Done>>> calls;
    std::vector<Task<Result<chat::Appended>>> messages;
    for (int i = 1; i < many; ++i) {
      messages.push_back(store_.messages().append({user(i), alice(), text(i), {}, at(i)}));
      messages.push_back(store_.messages().append({user(1), alice(), text(i), {}, at(i)}));
      calls.push_back(store_.sessions().open({{ids_.next(at(i))}, alice(), text(i), at(1 << 30)}));
    }
    for (const auto& sent : all(std::move(messages))) sent_.push_back(sent.message);
    all(std::move(calls));
    std::vector<Task<Result<chat::Account>>> disabling;
    for (int i = 10; i < many; ++i)
      disabling.push_back(store_.operators().set_disabled(user(i), true, at(i)));
    all(std::move(disabling));
    read_messages_one_by_one();
    flush();
  }

  /// Asks with ever more reads that work, until all do: what is told is all there is.
  template <class Ask>
  void expect_all_or_a_refusal(Ask ask) {
    const auto whole = ask();
    ASSERT_TRUE(whole) << whole.error().detail;
    std::int64_t reads = 0, refusals = 0;
    for (;; reads += 1 + reads / 8) {
      disk_.allow_reads(reads);
      const auto told = ask();
      const bool had_all = disk_.failed_reads() == 0;
      disk_.allow_reads(FaultyDisk::all_reads);
      if (told) {
        ASSERT_EQ(*told, *whole) << "after " << reads << " reads";
      } else {
        ++refusals;
        ASSERT_EQ(told.error().code, Errc::unavailable) << told.error().detail;
      }
      if (had_all) break;
    }
    EXPECT_GT(refusals, 1);
  }

  template <class T>
  Result<T> run(Task<Result<T>> task) {
    return caller_.run(std::move(task));
  }
  chat::UserId user(int i) const { return users_[static_cast<std::size_t>(i)]; }
  chat::UserId alice() const { return user(0); }
  /// With one who wrote much.
  chat::ConversationId long_conversation() const { return sent_[1].conversation_id; }

  TemporaryDirectory directory_;
  FaultyDisk disk_;
  OpenStore store_{config()};
  Caller caller_;
  ObjectIdSource ids_;
  std::vector<chat::UserId> users_;
  std::vector<chat::Message> sent_;

  Config config() {
    Config config = small_config(directory_.path());
    config.env = disk_.env();
    config.block_cache = 0;
    return config;
  }

 private:
  static std::string text(int i) { return "some text of no meaning, number " + std::to_string(i); }
  chat::Account account(int i) {
    chat::Account account;
    account.id.bytes = ids_.next(at(0));
    account.username = std::string(30, 'n') + std::to_string(i);
    account.email = std::to_string(i) + "@example.org";
    account.created_at = account.updated_at = at(0);
    return account;
  }
  template <class T>
  std::vector<T> all(std::vector<Task<Result<T>>> tasks) {
    std::vector<T> results;
    for (auto& result : chat::fakes::run_all(caller_.context, std::move(tasks))) {
      if (!result) throw std::runtime_error(result.error().detail);
      results.push_back(std::move(*result));
    }
    return results;
  }
  /// Each at a time of its own, so that each is a row.
  void read_messages_one_by_one() {
    std::vector<Task<Result<Done>>> reads;
    for (const chat::Message& message : sent_)
      reads.push_back(store_.receipts().mark_read(alice(), message.id, at(1000 + reads.size())));
    all(std::move(reads));
  }
  void flush() {
    Engine& engine = *store_.database->internals().engine;
    for (const Table table : {Table::people, Table::chat})
      ASSERT_TRUE(engine.db().Flush({}, engine.table(table)).ok());
  }
};

TEST_F(RowsOnABadDisk, are_listed_all_or_not_at_all) {
  expect_all_or_a_refusal([&]() -> Result<std::size_t> {
    auto page = run(store_.conversations().list(alice(), {}, 5));
    return page ? Result<std::size_t>(page->summaries.size()) : page.error();
  });
  expect_all_or_a_refusal([&] { return run(store_.conversations().peers(alice())); });
}

TEST_F(RowsOnABadDisk, are_a_page_of_history_or_none) {
  expect_all_or_a_refusal([&]() -> Result<std::vector<chat::Message>> {
    chat::HistoryQuery query{long_conversation(), alice(), {}, {}, 200};
    auto page = run(store_.messages().history(query));
    return page ? Result<std::vector<chat::Message>>(page->messages) : page.error();
  });
}

TEST_F(RowsOnABadDisk, are_synced_all_or_not_at_all) {
  expect_all_or_a_refusal([&]() -> Result<chat::SyncCursor> {
    auto page = run(store_.messages().changes(alice(), sent_[500].version, 20));
    return page ? Result<chat::SyncCursor>(page->cursor) : page.error();
  });
}

TEST_F(RowsOnABadDisk, are_searched_all_or_not_at_all) {
  expect_all_or_a_refusal([&]() -> Result<std::size_t> {
    auto found = run(store_.accounts().search(std::string(30, 'n'), 200));
    return found ? Result<std::size_t>(found->size()) : found.error();
  });
}

TEST_F(RowsOnABadDisk, are_revoked_all_or_not_at_all) {
  std::int64_t reads = 0;
  for (; disk_.allow_reads(reads), !run(store_.sessions().revoke_all(alice(), std::nullopt));
       ++reads)
    ASSERT_GT(disk_.failed_reads(), 0);
  disk_.allow_reads(FaultyDisk::all_reads);
  EXPECT_GT(reads, 1);
  const auto left = run(store_.operators().logins(alice()));
  ASSERT_TRUE(left);
  EXPECT_EQ(left->size(), 0u) << "of which the caller was told that there are none";
}

TEST_F(RowsOnABadDisk, are_told_to_an_operator_all_or_not_at_all) {
  expect_all_or_a_refusal([&] { return run(store_.operators().disabled(at(0))); });
  expect_all_or_a_refusal([&]() -> Result<std::size_t> {
    auto found = run(store_.operators().logins(alice()));
    return found ? Result<std::size_t>(found->size()) : found.error();
  });
  expect_all_or_a_refusal([&]() -> Result<std::size_t> {
    auto found = run(store_.operators().accounts({}, 1000));
    return found ? Result<std::size_t>(found->size()) : found.error();
  });
}

TEST_F(RowsOnABadDisk, are_verified_all_or_not_at_all) {
  expect_all_or_a_refusal([&]() -> Result<std::string> {
    auto findings = verify(*store_.database);
    if (!findings) return findings.error();
    EXPECT_EQ(findings->messages, sent_.size());
    return testing::PrintToString(findings->broken);
  });
}

TEST_F(RowsOnABadDisk, are_archived_all_or_not_at_all) {
  store_.database.reset();
  std::unique_ptr<chat::ArchiveSource> source;
  // What could not be read once is an error of the source for ever, so each has one of its own.
  const auto with_new_source = [&](auto ask) {
    return [&, ask] {
      const std::int64_t allowed = disk_.allow_reads(FaultyDisk::all_reads);
      source.reset();
      source = std::move(*open_archive_source(config()));
      disk_.allow_reads(allowed);
      return ask();
    };
  };
  expect_all_or_a_refusal(with_new_source([&]() -> Result<std::uint64_t> {
    const auto totals = source->totals();
    return totals ? Result<std::uint64_t>(totals->all()) : totals.error();
  }));
  expect_all_or_a_refusal(with_new_source([&]() -> Result<std::size_t> {
    std::size_t records = 0;
    for (;;) {
      const auto batch = source->next();
      if (!batch) return batch.error();
      if (batch->records.empty()) return records;
      records += batch->records.size();
    }
  }));
}

}  // namespace
}  // namespace parley::store::embedded
