// What the embedded store costs: CPU of the whole process a message by batch size, and that reads
// cost the same in a small and in a large store. Run: store_benchmark [--benchmark_filter=…]
#include <benchmark/benchmark.h>

#include <latch>
#include <map>
#include <random>
#include <thread>
#include <tuple>

#include "base/benchmarking.hpp"
#include "store/embedded/internals.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;

/// Each user is in twenty conversations, of ten with another user each.
constexpr std::size_t talks_a_user = 10;
constexpr std::size_t readers = 50;

/// A store with `messages` messages between its users, filled once and kept.
struct Filled {
  Filled(std::size_t messages, std::size_t user_count, bool receipts) {
    for (std::size_t i = 0; i < user_count; ++i) {
      users.push_back(caller.user(store, "user" + std::to_string(i)));
    }
    for (std::size_t done = 0; done < messages; done += 1'000) exchange(1'000, talks(), receipts);
  }

  std::size_t talks() const { return users.size() * talks_a_user; }

  chat::NewMessage draft(std::size_t pairs) {
    const std::size_t pair = random() % pairs;
    const auto from = users[pair % users.size()];
    const auto to = users[(pair % users.size() + 1 + pair / users.size()) % users.size()];
    return {from, to, std::string(100, 'x'), "c" + std::to_string(++drafts),
            at(static_cast<int>(drafts))};
  }

  /// `count` messages at once; a delivery and a reading of each when `receipts`.
  void exchange(std::size_t count, std::size_t pairs, bool receipts = false) {
    std::vector<Task<Result<chat::Appended>>> tasks;
    for (std::size_t i = 0; i < count; ++i) tasks.push_back(store.messages().append(draft(pairs)));
    auto sent = chat::fakes::run_all(caller.context, std::move(tasks));
    if (!receipts) return;
    std::vector<Task<Result<Done>>> marks;
    for (const auto& one : sent) {
      const chat::Message& m = one->message;
      std::vector<chat::DeliveryMark> mark{{m.receiver, m.conversation_id, m.id, m.sender, m.seq}};
      marks.push_back(store.receipts().mark_delivered(std::move(mark), at(1)));
      marks.push_back(store.receipts().mark_read(m.receiver, m.id, at(2)));
    }
    chat::fakes::run_all(caller.context, std::move(marks));
  }

  /// `count` messages and the delivery marks of the ones before, all in one batch: the committer is
  /// held until all of them wait.
  void share_batch(std::size_t count, std::size_t pairs) {
    std::latch queued(1);
    Committer& committer = store.database->internals().committer;
    submit_errand(committer, [&queued](Transaction&) { queued.wait(); });
    std::vector<Task<Done>> calls;
    for (std::size_t i = 0; i < count; ++i) calls.push_back(send_one(pairs));
    for (auto& mark : undelivered) calls.push_back(mark_one(std::move(mark)));
    undelivered.clear();
    asio::post(caller.context, [&queued] { queued.count_down(); });
    chat::fakes::run_all(caller.context, std::move(calls));
  }

  Task<Done> send_one(std::size_t pairs) {
    auto one = draft(pairs);
    auto sent = co_await store.messages().append(std::move(one));
    const chat::Message& m = sent->message;
    undelivered.push_back({{m.receiver, m.conversation_id, m.id, m.sender, m.seq}});
    co_return Done{};
  }
  Task<Done> mark_one(std::vector<chat::DeliveryMark> marks) {
    co_await store.receipts().mark_delivered(std::move(marks), at(1));
    co_return Done{};
  }

  /// Everything in table files, as after a restart, and tidied as it is when nobody writes.
  void settle() {
    Engine& engine = *store.database->internals().engine;
    for (const Table table : {Table::people, Table::chat}) {
      if (!engine.db().Flush({}, engine.table(table)).ok()) throw std::runtime_error("no flush");
    }
    const auto is_busy = [&](const char* property) {
      std::uint64_t count = 0;
      engine.db().GetAggregatedIntProperty(property, &count);
      return count > 0;
    };
    const auto is_untidy = [&] {
      std::string count;
      engine.db().GetProperty(engine.table(Table::chat), "rocksdb.num-files-at-level0", &count);
      return std::stoi(count) >= Tidying::at_rest;
    };
    while (is_untidy() || is_busy("rocksdb.compaction-pending") ||
           is_busy("rocksdb.num-running-compactions"))
      std::this_thread::sleep_for(100ms);
  }

  /// The same number in every store, so that as few pages are read from a larger one.
  chat::UserId reader(std::size_t place) const { return users[place * users.size() / readers]; }
  chat::UserId any_reader() { return reader(random() % readers); }

  TemporaryDirectory directory;
  static Config config(const std::filesystem::path& data) {
    Config made;
    made.directory = data / "db";
    return made;
  }
  OpenStore store{config(directory.path())};
  Caller caller;
  std::vector<chat::UserId> users;
  std::mt19937_64 random{1};
  std::size_t drafts = 0;
  std::vector<std::vector<chat::DeliveryMark>> undelivered;
};

/// What `users` wrote to each other, `messages` of them, filled at first use.
Filled& filled(std::int64_t messages, std::int64_t users = 500, bool receipts = false) {
  // RocksDB's own statics are made before the stores, so that they end after them.
  static const Filled first(0, 0, false);
  static std::map<std::tuple<std::int64_t, std::int64_t, bool>, std::unique_ptr<Filled>> all;
  auto& one = all[{messages, users, receipts}];
  if (!one) {
    one = std::make_unique<Filled>(static_cast<std::size_t>(messages),
                                   static_cast<std::size_t>(users), receipts);
  }
  return *one;
}

/// A store to read from: its messages delivered and read one by one, and nothing under way.
Filled& at_rest(const benchmark::State& state) {
  Filled& store = filled(state.range(0), state.range(1), true);
  store.settle();
  return store;
}

/// Conversations of twenty messages, and of two thousand. CPU of the whole process, for reads are
/// not the caller's thread's alone.
void small_and_large(benchmark::internal::Benchmark* reading) {
  reading->ArgNames({"messages", "users"})
      ->Args({10'000, 50})
      ->Args({10'000'000, 500})
      ->MeasureProcessCPUTime()
      ->UseRealTime();
}

void append(benchmark::State& state) {
  Filled& store = filled(state.range(1));
  const auto batch = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) store.exchange(batch, 50'000);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append)
    ->ArgsProduct({{1, 16, 128, 1024}, {1'000'000}})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// One message, one batch. Not sixteen at once: how many of them share a batch depends on the
/// threads' timing, which made 7 % of a difference in instructions on a busy machine.
void batch(benchmark::State& state) {
  Filled& store = filled(1'000);
  for (auto _ : state) store.exchange(1, 1'000);
}
BENCHMARK(batch)->Apply(counted<200>)->MeasureProcessCPUTime()->UseRealTime();

/// A server under load: 256 messages and as many delivery marks a batch.
void full_batch(benchmark::State& state) {
  Filled& store = filled(1'000);
  for (auto _ : state) store.share_batch(256, 1'000);
  state.SetItemsProcessed(state.iterations() * 256);
}
BENCHMARK(full_batch)->Apply(counted<40>)->MeasureProcessCPUTime()->UseRealTime();

void append_deliver_read(benchmark::State& state) {
  Filled& store = filled(state.range(1));
  const auto batch = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) store.exchange(batch, 50'000, true);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append_deliver_read)
    ->ArgsProduct({{1, 16, 128, 1024}, {1'000'000}})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void list(benchmark::State& state) {
  Filled& store = at_rest(state);
  std::size_t found = 0;
  for (auto _ : state) {
    found += store.caller.good(store.store.conversations().list(store.any_reader(), {}, 20))
                 .summaries.size();
  }
  state.counters["rows"] = static_cast<double>(found) / static_cast<double>(state.iterations());
}
BENCHMARK(list)->Apply(small_and_large);

void history(benchmark::State& state) {
  Filled& store = at_rest(state);
  std::vector<std::pair<chat::ConversationId, chat::UserId>> known;
  for (std::size_t i = 0; i < readers; ++i) {
    const auto user = store.reader(i);
    for (const auto& one :
         store.caller.good(store.store.conversations().list(user, {}, 10)).summaries) {
      known.emplace_back(one.conversation.id, user);
    }
  }
  std::size_t found = 0, next = 0;
  for (auto _ : state) {
    const auto& [id, viewer] = known[next++ % known.size()];
    chat::HistoryQuery query;
    query.conversation_id = id;
    query.viewer = viewer;
    found += store.caller.good(store.store.messages().history(query)).messages.size();
  }
  state.counters["rows"] = static_cast<double>(found) / static_cast<double>(state.iterations());
}
BENCHMARK(history)->Apply(small_and_large);

void sync(benchmark::State& state) {
  Filled& store = at_rest(state);
  // What the last messages changed, two for five users, for whoever they concerned.
  const std::size_t sent = store.users.size() * 2 / 5;
  const auto now = store.caller.good(store.store.messages().changes(store.users[0], 0, 1'000'000))
                       .cursor.version;
  chat::Version newest = now;
  store.exchange(sent, store.talks());
  for (const auto& user : store.users) {
    newest = std::max(
        newest, store.caller.good(store.store.messages().changes(user, now, 1'000)).cursor.version);
  }
  std::size_t found = 0;
  for (auto _ : state) {
    found +=
        store.caller.good(store.store.messages().changes(store.any_reader(), newest - sent, 20))
            .messages.size();
  }
  state.counters["rows"] = static_cast<double>(found) / static_cast<double>(state.iterations());
}
BENCHMARK(sync)->Apply(small_and_large);

}  // namespace
}  // namespace parley::store::embedded
