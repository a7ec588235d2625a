#pragma once

#include <string>
#include <vector>

#include "jobs/contract/rig.hpp"

namespace parley::jobs::contract {

using Ids = std::vector<JobId>;
using Names = std::vector<std::string>;

/// Adding, looking, and changing.
class QueueContract : public StoreTest {
 protected:
  static JobOptions with_id(std::string id) {
    JobOptions options;
    options.id = std::move(id);
    return options;
  }
  static JobOptions delayed_by(std::chrono::milliseconds delay) {
    JobOptions options;
    options.delay = delay;
    return options;
  }
  static JobOptions of_priority(std::uint32_t priority) {
    JobOptions options;
    options.priority = priority;
    return options;
  }
  static JobOptions alone(Deduplication deduplication) {
    JobOptions options;
    options.deduplication = std::move(deduplication);
    return options;
  }
};

TEST_P(QueueContract, is_empty_at_first) {
  EXPECT_EQ(counts(), Counts{});
  EXPECT_TRUE(ids(State::waiting).empty());
  EXPECT_EQ(refusal(queue().get("1")), Errc::not_found);
  EXPECT_EQ(refusal(queue().list(State::none, {})), Errc::bad_request);
}

TEST_P(QueueContract, counts_ids_and_keeps_what_was_added) {
  JobOptions options;
  options.attempts = 5;
  options.backoff = Backoff{Backoff::Kind::exponential, 200ms, 0.5};
  options.remove_on_fail = Keep{10, 3600s, 1000};
  const JobId id = add(options, at(7), R"({"text":"Grüße \u0000 \"x\""})");
  EXPECT_EQ(id, "1");
  const Job found = job(id);
  EXPECT_EQ(found.name, "n");
  EXPECT_EQ(found.data, R"({"text":"Grüße \u0000 \"x\""})");
  EXPECT_EQ(found.options, options);
  EXPECT_EQ(found.created_at, at(7));
  EXPECT_EQ(found.state, State::waiting);
  EXPECT_EQ(found.attempts_made, 0u);
  EXPECT_EQ(add(), "2");
  EXPECT_EQ(story(id), (Names{"added", "waiting"}));
}

TEST_P(QueueContract, keeps_any_json_as_data) {
  for (const char* data : {"null", "[]", "\"x\"", "{}", "1.5", "{\"a\":[{}]}"})
    EXPECT_EQ(job(add({}, at(0), data)).data, data);
}

TEST_P(QueueContract, refuses_what_no_worker_could_read) {
  EXPECT_EQ(refusal(queue().add({"n", "{", {}}, at(0))), Errc::bad_request);
  EXPECT_EQ(refusal(queue().add({"", "{}", {}}, at(0))), Errc::bad_request);
  EXPECT_EQ(refusal(queue().add({"n", "{}", with_id("12")}, at(0))), Errc::bad_request);
  EXPECT_EQ(refusal(queue().add({"n", "{}", of_priority(max_priority + 1)}, at(0))),
            Errc::bad_request);
  EXPECT_EQ(counts(), Counts{});
}

TEST_P(QueueContract, adds_many_at_once_or_none) {
  std::vector<NewJob> jobs(3, NewJob{"n", "{}", {}});
  jobs[1].options = with_id("mine");
  const auto added = good(queue().add_all(jobs, at(0)));
  EXPECT_EQ(added, (std::vector<Added>{{"1", true}, {"mine", true}, {"3", true}}));
  EXPECT_EQ(ids(State::waiting), (Ids{"1", "mine", "3"}));
  jobs[2].data = "x";
  EXPECT_EQ(refusal(queue().add_all(jobs, at(0))), Errc::bad_request);
  EXPECT_EQ(counts().waiting, 3u);
  EXPECT_TRUE(good(queue().add_all({}, at(0))).empty());
  const std::vector<NewJob> too_many(Producer::max_batch + 1, NewJob{"n", "{}", {}});
  EXPECT_EQ(refusal(queue().add_all(too_many, at(0))), Errc::too_large);
}

TEST_P(QueueContract, adds_a_custom_id_once_while_its_job_exists) {
  EXPECT_EQ(good(queue().add({"n", "1", with_id("mine")}, at(0))), (Added{"mine", true}));
  EXPECT_EQ(good(queue().add({"n", "2", with_id("mine")}, at(1))), (Added{"mine", false}));
  EXPECT_EQ(job("mine").data, "1");
  EXPECT_EQ(story("mine"), (Names{"added", "waiting", "duplicated"}));
  EXPECT_EQ(add(), "3") << "the counter goes on";
  good(queue().remove("mine"));
  EXPECT_EQ(good(queue().add({"n", "3", with_id("mine")}, at(2))), (Added{"mine", true}));
}

TEST_P(QueueContract, lists_what_is_next_first) {
  add(), add(), add();
  EXPECT_EQ(ids(State::waiting), (Ids{"1", "2", "3"}));
  const auto page = good(queue().list(State::waiting, {1, 1}));
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].id, "2");
  JobOptions first;
  first.lifo = true;
  add(first);
  EXPECT_EQ(ids(State::waiting), (Ids{"4", "1", "2", "3"}));
  EXPECT_TRUE(good(queue().list(State::waiting, {9, 5})).empty());
  EXPECT_TRUE(good(queue().list(State::waiting, {0, 0})).empty());
}

TEST_P(QueueContract, orders_priorities_by_number_then_by_age) {
  for (const std::uint32_t priority : {5u, 1u, 5u, max_priority, 2u}) add(of_priority(priority));
  EXPECT_EQ(ids(State::prioritized), (Ids{"2", "5", "1", "3", "4"}));
  EXPECT_EQ(counts().prioritized, 5u);
}

TEST_P(QueueContract, keeps_delayed_jobs_by_their_due_time) {
  add(delayed_by(300ms)), add(delayed_by(100ms)), add(delayed_by(100ms));
  EXPECT_EQ(ids(State::delayed), (Ids{"2", "3", "1"}));
  EXPECT_EQ(counts().delayed, 3u);
  EXPECT_EQ(job("1").delay, 300ms);
  EXPECT_EQ(story("1"), (Names{"added", "delayed"}));
}

TEST_P(QueueContract, refuses_a_deduplication_id_while_its_owner_lives) {
  const auto first = good(queue().add({"n", "{}", alone({"d", {}, false, false})}, at(0)));
  const auto again = good(queue().add({"n", "{}", alone({"d", {}, false, false})}, at(1)));
  EXPECT_EQ(first, (Added{"1", true}));
  EXPECT_EQ(again, (Added{"1", false}));
  const Event told = last_event();
  EXPECT_EQ(told.name, "deduplicated");
  EXPECT_EQ(told.field("deduplicatedJobId"), "2");
  EXPECT_EQ(told.field("deduplicationId"), "d");
  EXPECT_EQ(good(queue().add({"n", "{}", alone({"other", {}, false, false})}, at(1))).id, "3");
  ASSERT_TRUE(take(at(2)));
  complete("1");
  EXPECT_EQ(good(queue().add({"n", "{}", alone({"d", {}, false, false})}, at(20))),
            (Added{"4", true}));
}

TEST_P(QueueContract, holds_a_deduplication_id_for_its_ttl) {
  const Deduplication hour{"d", 3'600'000ms, false, false};
  add(alone(hour));
  ASSERT_TRUE(take(at(2)));
  complete("1");
  EXPECT_EQ(good(queue().add({"n", "{}", alone(hour)}, at(20))), (Added{"1", false}));
}

TEST_P(QueueContract, replaces_a_delayed_owner_when_asked) {
  JobOptions options = delayed_by(60s);
  options.deduplication = Deduplication{"d", {}, false, true};
  add(options);
  EXPECT_EQ(good(queue().add({"n", "2", options}, at(1))), (Added{"2", true}));
  EXPECT_EQ(ids(State::delayed), (Ids{"2"}));
  EXPECT_EQ(state("1"), State::none);
  good(queue().promote("2", at(2)));
  EXPECT_EQ(good(queue().add({"n", "3", options}, at(3))), (Added{"2", false})) << "not delayed";
}

TEST_P(QueueContract, holds_a_deduplication_id_as_the_replacing_job_says) {
  JobOptions options = alone({"d", 3'600'000ms, false, true});
  options.delay = 60s;
  add(options);
  options.deduplication->ttl.reset();
  ASSERT_EQ(add(options, at(1)), "2");
  good(queue().promote("2", at(2)));
  ASSERT_TRUE(take(at(2)));
  complete("2");
  EXPECT_EQ(add(alone({"d", {}, false, false}), at(20)), "3") << "no longer than its job lives";
}

TEST_P(QueueContract, frees_a_deduplication_id_with_the_removal_of_its_owner) {
  add(alone({"d", {}, false, false}));
  good(queue().remove("1"));
  EXPECT_TRUE(good(queue().add({"n", "{}", alone({"d", {}, false, false})}, at(0))).is_new);
}

TEST_P(QueueContract, removes_jobs_from_every_list) {
  add(), add(of_priority(1)), add(delayed_by(1s));
  for (const char* id : {"1", "2", "3"}) good(queue().remove(id));
  EXPECT_EQ(counts(), Counts{});
  EXPECT_EQ(refusal(queue().remove("1")), Errc::not_found);
  EXPECT_EQ(last_event().name, "removed");
  EXPECT_EQ(last_event().field("prev"), "delayed");
  add();
  ASSERT_TRUE(take());
  EXPECT_EQ(refusal(queue().remove("4")), Errc::conflict) << "a worker has it";
  complete("4");
  good(queue().remove("4"));
  EXPECT_EQ(counts(), Counts{});
}

TEST_P(QueueContract, promotes_a_delayed_job_now) {
  add(delayed_by(60s));
  good(queue().promote("1", at(1)));
  EXPECT_EQ(state("1"), State::waiting);
  EXPECT_EQ(job("1").delay, 0ms);
  EXPECT_EQ(refusal(queue().promote("1", at(1))), Errc::conflict);
  EXPECT_EQ(refusal(queue().promote("9", at(1))), Errc::not_found);
  EXPECT_EQ(story("1"), (Names{"added", "delayed", "waiting"}));
}

TEST_P(QueueContract, retries_a_finished_job) {
  add();
  EXPECT_EQ(refusal(queue().retry("1", at(1))), Errc::conflict);
  ASSERT_TRUE(take());
  settle(ending("1", Ending::Kind::failed, "no"));
  EXPECT_EQ(job("1").failed_reason, "no");
  good(queue().retry("1", at(20)));
  const Job again = job("1");
  EXPECT_EQ(again.state, State::waiting);
  EXPECT_EQ(again.failed_reason, "");
  EXPECT_EQ(again.finished_at, std::nullopt);
  EXPECT_EQ(again.attempts_made, 1u);
  EXPECT_EQ(counts().failed, 0u);
  EXPECT_EQ(refusal(queue().retry("9", at(1))), Errc::not_found);
}

TEST_P(QueueContract, hands_out_nothing_while_paused) {
  add();
  good(queue().pause());
  EXPECT_TRUE(counts().paused);
  add();
  EXPECT_FALSE(take());
  EXPECT_EQ(ids(State::waiting), (Ids{"1", "2"}));
  good(queue().resume());
  EXPECT_EQ(last_event().name, "resumed");
  EXPECT_FALSE(counts().paused);
  EXPECT_EQ(take()->id, "1");
  EXPECT_EQ(take()->id, "2");
}

TEST_P(QueueContract, lets_running_jobs_end_while_paused) {
  add();
  ASSERT_TRUE(take());
  good(queue().pause());
  complete("1");
  EXPECT_EQ(state("1"), State::completed);
}

TEST_P(QueueContract, drains_what_waits) {
  add(), add(of_priority(1)), add(delayed_by(60s)), add();
  ASSERT_TRUE(take());
  good(queue().drain(false));
  EXPECT_EQ(counts(), (Counts{0, 0, 1, 1, 0, 0, 0, false}));
  good(queue().drain(true));
  EXPECT_EQ(counts().delayed, 0u);
  EXPECT_EQ(state("4"), State::none);
}

TEST_P(QueueContract, cleans_old_jobs) {
  add(), add(), add();
  for (const char* id : {"1", "2", "3"}) {
    ASSERT_TRUE(take());
    complete(id, at(id[0] * 1000 - '0' * 1000));
  }
  EXPECT_EQ(good(queue().clean({State::completed, 1000ms, 1}, at(3000))), 1u);
  EXPECT_EQ(ids(State::completed), (Ids{"3", "2"}));
  EXPECT_EQ(good(queue().clean({State::completed, 1000ms, 100}, at(3000))), 1u);
  EXPECT_EQ(ids(State::completed), (Ids{"3"}));
  EXPECT_EQ(last_event().field("count"), "1");
  add({}, at(0)), add({}, at(5000));
  EXPECT_EQ(good(queue().clean({State::waiting, 1s, 100}, at(5000))), 1u);
  EXPECT_EQ(ids(State::waiting), (Ids{"5"}));
  EXPECT_EQ(refusal(queue().clean({State::active, 0ms, 1}, at(0))), Errc::bad_request);
}

TEST_P(QueueContract, is_obliterated_only_while_paused_and_idle) {
  add(), add(), add(delayed_by(1s)), add(of_priority(2));
  ASSERT_TRUE(take());
  EXPECT_EQ(refusal(queue().obliterate(true)), Errc::conflict);
  good(queue().pause());
  EXPECT_EQ(refusal(queue().obliterate(false)), Errc::conflict) << "one runs";
  good(queue().obliterate(true));
  EXPECT_EQ(counts(), Counts{});
  EXPECT_EQ(add(), "1") << "the counter begins anew";
}

TEST_P(QueueContract, keeps_progress_and_a_log) {
  JobOptions options;
  options.keep_logs = 2;
  const JobId id = add(options);
  good(queue().set_progress(id, R"({"percent":50})"));
  EXPECT_EQ(job(id).progress, R"({"percent":50})");
  EXPECT_EQ(last_event().field("data"), R"({"percent":50})");
  EXPECT_EQ(refusal(queue().set_progress(id, "half")), Errc::bad_request);
  EXPECT_EQ(refusal(queue().set_progress("9", "1")), Errc::not_found);
  for (const char* line : {"one", "two", "three"}) good(queue().append_log(id, line));
  EXPECT_EQ(good(queue().log_of(id, {})), (Names{"two", "three"}));
  EXPECT_EQ(good(queue().log_of(id, {1, 5})), (Names{"three"}));
  EXPECT_EQ(refusal(queue().append_log("9", "x")), Errc::not_found);
  EXPECT_TRUE(good(queue().log_of("9", {})).empty());
}

TEST_P(QueueContract, tells_events_from_where_one_left_off) {
  add();
  const auto all = good(queue().events("", 100));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "added");
  EXPECT_EQ(all[0].field("name"), "n");
  EXPECT_EQ(good(queue().events(all[0].id, 100)), (std::vector<Event>{all[1]}));
  EXPECT_TRUE(good(queue().events(all[1].id, 100)).empty());
  EXPECT_EQ(good(queue().events("", 1)).size(), 1u);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(QueueContract);

}  // namespace parley::jobs::contract
