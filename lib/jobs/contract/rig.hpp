#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "jobs/queue.hpp"
#include "jobs/source.hpp"
#include "net/shard.hpp"
#include "net/testing.hpp"

/// What every queue adapter promises, as tests. An adapter's own test includes the suites and says
/// `INSTANTIATE_TEST_SUITE_P(Bullmq, QueueContract, ::testing::Values(adapter));`
namespace parley::jobs::contract {

/// A fresh, empty queue and as many worker's sides as a test wants, on one shard.
class Store {
 public:
  virtual ~Store() = default;
  virtual Queue& queue() = 0;
  virtual std::shared_ptr<Source> new_source() = 0;
};

struct Adapter {
  std::string name;
  /// The shard has no thread: the test drives it.
  std::function<std::unique_ptr<Store>(net::Shard& shard)> make;

  friend void PrintTo(const Adapter& adapter, std::ostream* out) { *out << adapter.name; }
};

inline Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

/// One fresh queue and the words that the suites speak in.
class StoreTest : public ::testing::TestWithParam<Adapter> {
 protected:
  template <class T>
  static Task<void> keep(Task<T> task, std::shared_ptr<std::optional<T>> out) {
    out->emplace(co_await std::move(task));
  }
  template <class T>
  T run(Task<T> task) {
    auto out = std::make_shared<std::optional<T>>();
    shard_.spawn("test", keep(std::move(task), out));
    if (!net::run_until(shard_, [&out] { return out->has_value(); }))
      throw std::runtime_error("a call does not end");
    return std::move(**out);
  }
  /// The value of a task that must succeed.
  template <class T>
  T good(Task<Result<T>> task) {
    Result<T> result = run(std::move(task));
    if (!result) throw std::runtime_error("refused: " + result.error().detail);
    return std::move(*result);
  }
  /// The code of a task that must fail.
  template <class T>
  Errc refusal(Task<Result<T>> task) {
    const Result<T> result = run(std::move(task));
    if (result) throw std::runtime_error("not refused");
    return result.error().code;
  }

  Queue& queue() { return store_->queue(); }
  JobId add(JobOptions options = {}, Time now = at(0), std::string data = "{}") {
    return good(queue().add({"n", std::move(data), std::move(options)}, now)).id;
  }
  Job job(const JobId& id) { return good(queue().get(id)); }
  State state(const JobId& id) {
    const auto found = run(queue().get(id));
    return found ? found->state : State::none;
  }
  Counts counts() { return good(queue().counts()); }
  std::vector<JobId> ids(State state) {
    std::vector<JobId> ids;
    for (const Job& one : good(queue().list(state, {}))) ids.push_back(one.id);
    return ids;
  }
  /// The names of all events of this job, in order; the empty id means the queue's own.
  std::vector<std::string> story(const JobId& id) {
    std::vector<std::string> names;
    for (const Event& event : good(queue().events("", 1000))) {
      if (event.field("jobId") == id) names.push_back(event.name);
    }
    return names;
  }
  Event last_event() { return good(queue().events("", 1000)).back(); }

  Taking taking(std::string token = "t", std::chrono::milliseconds lock = 30s) {
    return {std::move(token), lock, "w", {}};
  }
  std::optional<Job> take(Time now = at(0), std::string token = "t") {
    return good(source_->take(taking(std::move(token)), now)).job;
  }
  static Ending ending(JobId id, Ending::Kind kind, std::string text = "null") {
    Ending made;
    made.id = std::move(id);
    made.token = "t";
    made.kind = kind;
    made.text = std::move(text);
    return made;
  }
  Taken settle(Ending how, Time now = at(10)) {
    return good(source_->settle(std::move(how), std::nullopt, now));
  }
  Taken complete(const JobId& id, Time now = at(10)) {
    return settle(ending(id, Ending::Kind::completed), now);
  }

  net::Shard shard_{0};
  std::unique_ptr<Store> store_ = GetParam().make(shard_);
  std::shared_ptr<Source> source_ = store_->new_source();
};

}  // namespace parley::jobs::contract
