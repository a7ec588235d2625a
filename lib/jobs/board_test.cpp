#include "jobs/board.hpp"

#include <gtest/gtest.h>

#include "jobs/verdict.hpp"

namespace parley::jobs {
namespace {

Time at(std::int64_t ms) { return from_unix_ms(1'760'000'000'000 + ms); }

/// The rows that a store would have.
struct Rows final : Journal {
  void job_changed(const JobId& id) override { jobs.insert(id); }
  void log_changed(const JobId& id) override { logs.insert(id); }
  void owner_changed(const std::string& id) override { owners.insert(id); }
  void meta_changed() override { meta = true; }
  void work_arrived() override { ++arrived; }
  void forget() { *this = Rows{}; }

  std::set<std::string> jobs, logs, owners;
  bool meta = false;
  int arrived = 0;
};

class BoardTest : public ::testing::Test {
 protected:
  Result<std::vector<Added>> add_jobs(std::size_t count, JobOptions options = {},
                                      std::string data = "{}", Time now = at(0)) {
    return board_->add(std::vector<NewJob>(count, NewJob{"n", std::move(data), options}), now);
  }
  JobId add(JobOptions options = {}, std::string data = "{}", Time now = at(0)) {
    return add_jobs(1, std::move(options), std::move(data), now)->front().id;
  }
  static JobOptions owning(std::string id, std::optional<std::chrono::milliseconds> ttl = {}) {
    JobOptions options;
    options.deduplication = Deduplication{std::move(id), ttl, false, false};
    return options;
  }
  std::optional<Job> take(Time now = at(0), std::string token = "t") {
    return board_->take({std::move(token), 30s, "w", {}}, now).job;
  }
  Result<Taken> settle(const JobId& id, Ending::Kind kind, Keep keep = {}, Time now = at(1)) {
    Ending ending;
    ending.id = id;
    ending.token = "t";
    ending.kind = kind;
    ending.text = "null";
    ending.keep = keep;
    if (kind == Ending::Kind::retry) ending.delay = 1s;
    return board_->settle(ending, {}, now);
  }
  std::vector<JobId> ids(State state, Page page = {}) {
    std::vector<JobId> some;
    const auto listed = board_->list(state, page);
    for (const Job& job : *listed) some.push_back(job.id);
    return some;
  }
  /// A board made of what a store would have kept of this one.
  void reopen(Journal& journal) {
    auto next = std::make_unique<Board>(journal, limits_);
    for (const State state : {State::failed, State::completed, State::delayed, State::active,
                              State::prioritized, State::waiting}) {
      const auto stored = ids(state);
      for (auto id = stored.rbegin(); id != stored.rend(); ++id)
        EXPECT_TRUE(next->restore(Placed(*board_->find(*id))));
    }
    next->restore(board_->meta());
    board_ = std::move(next);
  }

  Rows rows_;
  BoardLimits limits_;
  std::unique_ptr<Board> board_ = std::make_unique<Board>(rows_, limits_);
};

using Set = std::set<std::string>;
using Ids = std::vector<JobId>;

TEST_F(BoardTest, tells_which_rows_an_add_changes) {
  add(owning("d", 1s));
  EXPECT_EQ(rows_.jobs, Set{"1"});
  EXPECT_EQ(rows_.owners, Set{"d"});
  EXPECT_TRUE(rows_.meta);
  EXPECT_EQ(rows_.arrived, 1);
  rows_.forget();
  add(owning("d", 1s));
  EXPECT_TRUE(rows_.jobs.empty()) << "refused";
  EXPECT_TRUE(rows_.owners.empty());
  EXPECT_TRUE(rows_.meta) << "the counter went on";
  EXPECT_EQ(rows_.arrived, 0);
}

TEST_F(BoardTest, tells_which_rows_a_run_changes) {
  JobOptions options = owning("d");
  add(options);
  ASSERT_TRUE(board_->append_log("1", "line"));
  EXPECT_EQ(rows_.logs, Set{"1"});
  rows_.forget();
  ASSERT_TRUE(take());
  EXPECT_EQ(rows_.jobs, Set{"1"});
  EXPECT_EQ(board_->find("1")->token, "t");
  rows_.forget();
  ASSERT_TRUE(settle("1", Ending::Kind::completed, Keep::none()));
  EXPECT_EQ(rows_.jobs, Set{"1"});
  EXPECT_EQ(rows_.owners, Set{"d"});
  EXPECT_EQ(rows_.logs, Set{"1"});
  EXPECT_EQ(board_->find("1"), nullptr);
  EXPECT_EQ(board_->owner("d"), nullptr);
  EXPECT_EQ(board_->log("1"), nullptr);
}

TEST_F(BoardTest, tells_of_nothing_that_did_not_change) {
  add(), take();
  rows_.forget();
  EXPECT_FALSE(take());
  EXPECT_FALSE(board_->retry("1"));
  EXPECT_FALSE(board_->promote("9"));
  EXPECT_FALSE(board_->remove("1", at(0)));
  EXPECT_FALSE(board_->set_progress("9", "1"));
  EXPECT_TRUE(board_->extend({{"1", "t"}}, 30s, at(5)).empty());
  EXPECT_FALSE(settle("9", Ending::Kind::completed));
  EXPECT_TRUE(rows_.jobs.empty());
  EXPECT_FALSE(rows_.meta);
}

TEST_F(BoardTest, tells_of_changes_to_the_queue) {
  board_->set_paused(true);
  EXPECT_TRUE(rows_.meta);
  EXPECT_TRUE(board_->meta().is_paused);
  EXPECT_EQ(rows_.arrived, 0);
  board_->set_paused(false);
  EXPECT_EQ(rows_.arrived, 1) << "what waited may be taken";
}

TEST_F(BoardTest, keeps_every_line_in_order_across_a_restart) {
  JobOptions first, urgent, later;
  first.lifo = true;
  urgent.priority = 3;
  later.delay = 10s;
  add(), add(), add(first), add(urgent);
  urgent.priority = 1;
  add(urgent), add(later);
  later.delay = 5s;
  add(later);
  for (int i = 0; i < 2; ++i) {
    const Rows unused;
    EXPECT_EQ(ids(State::waiting), (Ids{"3", "1", "2"}));
    EXPECT_EQ(ids(State::prioritized), (Ids{"5", "4"}));
    EXPECT_EQ(ids(State::delayed), (Ids{"7", "6"}));
    reopen(rows_);
  }
  EXPECT_EQ(add(), "8");
  EXPECT_EQ(ids(State::waiting).back(), "8");
  EXPECT_EQ(add(first), "9");
  EXPECT_EQ(ids(State::waiting).front(), "9");
  EXPECT_FALSE(board_->restore(Placed(*board_->find("1")))) << "it is there";
}

TEST_F(BoardTest, stalls_what_ran_when_its_program_ended) {
  add(), add(), add(), take(), take();
  reopen(rows_);
  rows_.forget();
  EXPECT_EQ(board_->recover(1, at(0)), (Ids{"1", "2"}));
  EXPECT_EQ(rows_.jobs, (Set{"1", "2"}));
  EXPECT_EQ(ids(State::waiting), (Ids{"1", "2", "3"})) << "in front, in their order";
  EXPECT_EQ(board_->get("1")->stalled_count, 1u);
  EXPECT_EQ(board_->events("", 1000).back().name, "stalled");
  EXPECT_FALSE(settle("1", Ending::Kind::completed)) << "its worker is dead";
  EXPECT_EQ(take()->id, "1") << "at once, the first time";
  reopen(rows_);
  board_->recover(1, at(0));
  EXPECT_EQ(take()->deferred_failure, "job stalled more than allowable limit");
}

TEST_F(BoardTest, lets_what_ran_at_several_ends_rest_longer_each_time_and_not_all_at_once) {
  add(), add();
  std::vector<std::int64_t> rests;
  for (int end = 0; end < 12; ++end) {
    while (take(at(1'000'000 * end))) {
    }
    reopen(rows_);
    rows_.forget();
    board_->recover(100, at(1'000'000 * end));
    EXPECT_EQ(rows_.jobs, (Set{"1", "2"}));
    const auto first = board_->get("1"), second = board_->get("2");
    EXPECT_EQ(second->delay - first->delay, end == 0 ? 0s : 1s);
    rests.push_back(std::chrono::duration_cast<std::chrono::seconds>(first->delay).count());
    if (end == 0) continue;
    EXPECT_EQ(first->state, State::delayed);
    EXPECT_EQ(board_->events("", 1000).back().name, "stalled");
    EXPECT_FALSE(take(at(1'000'000 * end) + first->delay - 1ms));
    EXPECT_EQ(take(at(1'000'000 * end) + first->delay)->id, "1");
    reopen(rows_);  // from a disk that has not heard of the take
    EXPECT_EQ(board_->get("1")->state, State::active);
  }
  EXPECT_EQ(rests, (std::vector<std::int64_t>{0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256}));
}

TEST_F(BoardTest, a_job_that_ends_its_program_each_time_is_given_up_and_takes_no_other_along) {
  constexpr unsigned most = 10;
  JobOptions poison;
  poison.id = "poison";
  for (int i = 0; i < 43; ++i) add(i == 3 ? poison : JobOptions{});
  int ends = 0;
  std::string reason;
  for (std::int64_t second = 0; reason.empty() && second < 3600; ++second) {
    std::vector<Job> running;  // of a worker that does four at once
    while (running.size() < 4) {
      auto taken = take(at(1000 * second));
      if (!taken) break;
      running.push_back(std::move(*taken));
    }
    bool is_alive = true;
    for (const Job& job : running) {
      if (job.id != "poison") continue;
      reason = job.deferred_failure;
      is_alive = !reason.empty();
    }
    if (is_alive) {
      for (const Job& job : running)
        EXPECT_TRUE(settle(job.id, Ending::Kind::completed, {}, at(1000 * second)));
      continue;
    }
    ++ends;
    reopen(rows_);
    board_->recover(most, at(1000 * second));
  }
  EXPECT_EQ(reason, "job stalled more than allowable limit");
  EXPECT_EQ(ends, 11);
  EXPECT_EQ(board_->counts().completed, 43u) << "with the one that was given up";
  for (const JobId& id : ids(State::completed, {0, 100})) {
    if (id == "poison") continue;
    EXPECT_LE(board_->get(id)->stalled_count, 2u) << id;
  }
}

TEST_F(BoardTest, gives_locks_anew_to_workers_that_live) {
  add(), take();
  reopen(rows_);
  EXPECT_FALSE(settle("1", Ending::Kind::completed, {}, at(10)));
  board_->relock(30s, at(10));
  EXPECT_TRUE(settle("1", Ending::Kind::completed, {}, at(20)));
}

TEST_F(BoardTest, refuses_a_batch_that_has_no_room_as_a_whole) {
  limits_.unfinished = 3;
  board_ = std::make_unique<Board>(rows_, limits_);
  ASSERT_TRUE(add_jobs(2));
  EXPECT_EQ(add_jobs(2).error().code, Errc::overloaded);
  EXPECT_EQ(board_->counts().waiting, 2u);
  ASSERT_TRUE(add_jobs(1));
  ASSERT_TRUE(take());
  EXPECT_EQ(add_jobs(1).error().code, Errc::overloaded) << "running jobs count";
  ASSERT_TRUE(settle("1", Ending::Kind::completed));
  EXPECT_TRUE(add_jobs(1));
}

TEST_F(BoardTest, refuses_more_bytes_than_it_may_hold) {
  limits_.bytes = 300;
  limits_.job_bytes = 200;
  board_ = std::make_unique<Board>(rows_, limits_);
  const std::string text = '"' + std::string(150, 'x') + '"';
  EXPECT_EQ(add_jobs(1, {}, '"' + std::string(200, 'x') + '"').error().code, Errc::too_large);
  ASSERT_TRUE(add_jobs(1, {}, text));
  EXPECT_EQ(add_jobs(1, {}, text).error().code, Errc::overloaded);
  ASSERT_TRUE(board_->remove("1", at(0)));
  EXPECT_TRUE(add_jobs(1, {}, text));
  EXPECT_EQ(board_->set_progress("2", text + text).error().code, Errc::too_large);
}

TEST_F(BoardTest, lets_the_oldest_that_finished_go_where_others_need_their_bytes) {
  limits_.bytes = 700;
  board_ = std::make_unique<Board>(rows_, limits_);
  const std::string text = '"' + std::string(150, 'x') + '"';
  for (int i = 1; i <= 4; ++i) {
    ASSERT_TRUE(add_jobs(1, {}, text)) << i;
    ASSERT_TRUE(take());
    ASSERT_TRUE(settle(std::to_string(i), Ending::Kind::failed));
  }
  rows_.forget();
  ASSERT_TRUE(add_jobs(1, {}, text));
  EXPECT_EQ(ids(State::failed), (Ids{"4", "3", "2"}));
  EXPECT_EQ(rows_.jobs, (Set{"1", "5"}));
  EXPECT_EQ(add_jobs(4, {}, text).error().code, Errc::overloaded);
  EXPECT_EQ(board_->counts().failed, 3u) << "no use in letting them go";
}

TEST_F(BoardTest, keeps_half_of_the_room_for_jobs_without_a_priority) {
  limits_.unfinished = 4;
  limits_.bytes = 1000;
  board_ = std::make_unique<Board>(rows_, limits_);
  JobOptions low;
  low.priority = 1;
  const std::string text = '"' + std::string(300, 'x') + '"';
  ASSERT_TRUE(add_jobs(1, low, text));
  EXPECT_EQ(add_jobs(1, low, text).error().code, Errc::overloaded) << "half of the bytes";
  ASSERT_TRUE(add_jobs(1, low));
  EXPECT_EQ(add_jobs(1, low).error().code, Errc::overloaded) << "half of the jobs";
  ASSERT_TRUE(add_jobs(2, {}, text));
  EXPECT_EQ(add_jobs(1).error().code, Errc::overloaded);
}

TEST_F(BoardTest, frees_claims_that_have_run_out) {
  for (int i = 0; i < 5; ++i) {
    add(owning("d" + std::to_string(i), 1s));
    ASSERT_TRUE(take());
    ASSERT_TRUE(settle(std::to_string(i + 1), Ending::Kind::completed, Keep::none()));
  }
  EXPECT_NE(board_->owner("d0"), nullptr) << "for its ttl";
  rows_.forget();
  add({}, "{}", at(2000)), add({}, "{}", at(2000));
  EXPECT_EQ(rows_.owners.size(), 5u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(board_->owner("d" + std::to_string(i)), nullptr);
}

TEST_F(BoardTest, refuses_claims_without_end) {
  limits_.unfinished = 2;
  board_ = std::make_unique<Board>(rows_, limits_);
  for (int i = 0; i < 4; ++i) {
    add(owning("d" + std::to_string(i), 1h));
    take(), settle(std::to_string(i + 1), Ending::Kind::completed);
  }
  EXPECT_EQ(add_jobs(1).error().code, Errc::overloaded);
  EXPECT_TRUE(add_jobs(1, {}, "{}", at(3'700'000)));
}

class BoardKeeping : public BoardTest {
 protected:
  void finish(Keep keep, Time now) {
    const JobId id = add({}, "{}", now);
    ASSERT_TRUE(take(now));
    ASSERT_TRUE(settle(id, Ending::Kind::failed, keep, now));
  }
};

TEST_F(BoardKeeping, keeps_the_newest) {
  for (int i = 1; i <= 4; ++i) finish(Keep::newest(3), at(i));
  EXPECT_EQ(ids(State::failed), (Ids{"4", "3", "2"}));
  EXPECT_EQ(ids(State::failed, {1, 1}), (Ids{"3"}));
}

TEST_F(BoardKeeping, lets_the_oldest_go_up_to_the_limit_of_one_finish) {
  for (int i = 1; i <= 3; ++i) finish(Keep::all(), at(i));
  finish(Keep{{}, 1s, 2}, at(5000));
  EXPECT_EQ(ids(State::failed), (Ids{"4", "3"}));
  finish(Keep{{}, 1s, 2}, at(5000));
  EXPECT_EQ(ids(State::failed), (Ids{"5", "4"}));
}

TEST_F(BoardKeeping, keeps_no_more_than_its_limit_even_when_told_to) {
  limits_.finished = 2;
  board_ = std::make_unique<Board>(rows_, limits_);
  for (int i = 1; i <= 5; ++i) finish(Keep::all(), at(i));
  EXPECT_EQ(ids(State::failed), (Ids{"5", "4"}));
}

TEST_F(BoardTest, promotes_many_that_are_due_in_steps) {
  JobOptions later;
  later.delay = 1s;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(add_jobs(750, later));
  ASSERT_TRUE(take(at(1000)));
  EXPECT_EQ(board_->counts().delayed, 500u);
  ASSERT_TRUE(take(at(1000)));
  EXPECT_EQ(board_->counts().delayed, 0u);
}

TEST_F(BoardTest, holds_locks_by_the_time_it_is_told) {
  add(), add(), take(), take(at(0), "u");
  EXPECT_TRUE(board_->extend({{"1", "t"}}, 30s, at(29'000)).empty());
  EXPECT_EQ(board_->extend({{"1", "t"}, {"2", "u"}}, 30s, at(31'000)), (Ids{"u"}));
  EXPECT_FALSE(board_->remove("1", at(32'000)));
  EXPECT_TRUE(board_->remove("2", at(32'000))) << "nobody holds it";
}

TEST_F(BoardTest, holds_to_a_rate_for_two_windows_at_most_when_the_clock_steps_back) {
  for (int i = 0; i < 3; ++i) add();
  Taking one_a_second{"t", 30s, "w", RateLimit{1, 1s}};
  ASSERT_TRUE(board_->take(one_a_second, at(7'200'000)).job);
  EXPECT_FALSE(board_->take(one_a_second, at(7'199'995)).job) << "two clocks that differ a little";
  EXPECT_TRUE(board_->take(one_a_second, at(3'600'000)).job);
  EXPECT_FALSE(board_->take(one_a_second, at(3'600'999)).job);
  EXPECT_TRUE(board_->take(one_a_second, at(3'601'000)).job);
}

TEST_F(BoardTest, keeps_the_newest_lines_of_a_log_within_its_bytes) {
  limits_.log_bytes = 100;
  board_ = std::make_unique<Board>(rows_, limits_);
  add();
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(board_->append_log("1", std::string(40, static_cast<char>('a' + i))));
  EXPECT_EQ(board_->log_of("1", {}),
            (std::vector<std::string>{std::string(40, 'd'), std::string(40, 'e')}));
  ASSERT_TRUE(board_->append_log("1", std::string(99, 'x') + "ü"));
  EXPECT_EQ(board_->log_of("1", {}), (std::vector<std::string>{std::string(99, 'x')}))
      << "cut between characters";
}

TEST_F(BoardTest, keeps_the_newest_events) {
  limits_.events = 3;
  board_ = std::make_unique<Board>(rows_, limits_, 5);
  add(), add();
  const auto kept = board_->events("", 100);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].id, "00000000000000006-0");
  EXPECT_EQ(board_->events(kept[1].id, 100), (std::vector<Event>{kept[2]}));
  EXPECT_EQ(board_->events("x", 100).size(), 0u);
}

TEST_F(BoardTest, empties_itself_in_steps) {
  JobOptions later;
  later.delay = 1s;
  ASSERT_TRUE(add_jobs(5));
  ASSERT_TRUE(add_jobs(3, later));
  EXPECT_EQ(board_->drain(true, 6), 6u);
  EXPECT_EQ(board_->drain(false, 6), 0u);
  EXPECT_EQ(board_->drain(true, 6), 2u);
  add(owning("d", 1h)), add(owning("e", 1h)), take();
  board_->set_paused(true);
  rows_.forget();
  ASSERT_FALSE(*board_->obliterate(true, 1));
  ASSERT_TRUE(*board_->obliterate(true, 1));
  EXPECT_EQ(rows_.jobs.size(), 2u);
  EXPECT_EQ(rows_.owners, (Set{"d", "e"}));
  EXPECT_TRUE(rows_.meta);
  EXPECT_EQ(board_->counts(), Counts{});
  EXPECT_EQ(board_->obliterate(true, 9).error().code, Errc::conflict) << "not paused any more";
}

TEST_F(BoardTest, serves_a_long_queue_quickly) {
  constexpr std::size_t many = 50'000;
  for (std::size_t i = 0; i < many / 1000; ++i) ASSERT_TRUE(add_jobs(1000));
  const auto started = std::chrono::steady_clock::now();
  for (std::size_t i = 1; i <= many; ++i) {
    ASSERT_TRUE(take());
    ASSERT_TRUE(settle(std::to_string(i), Ending::Kind::failed, Keep::newest(10'000)));
  }
  // A list searched from one end would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - started, 20s);
  EXPECT_EQ(board_->counts().failed, 10'000u);
}

}  // namespace
}  // namespace parley::jobs
