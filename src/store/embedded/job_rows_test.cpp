#include "store/embedded/job_rows.hpp"

#include <gtest/gtest.h>

#include <random>

#include "chat/ports/contract/stores.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;
using jobs::State;

jobs::Placed full_job() {
  jobs::Placed placed;
  jobs::Job& job = placed.job;
  job.id = "mine";
  job.name = "mail";
  job.data = R"({"text":"Grüße"})";
  job.options.id = "mine";
  job.options.attempts = 5;
  job.options.backoff = jobs::Backoff{jobs::Backoff::Kind::exponential, jobs::Backoff{}.delay, 0.2};
  job.options.deduplication = jobs::Deduplication{"d", {}, true, false};
  job.options.remove_on_fail = jobs::Keep::newest(7);
  job.state = State::active;
  job.created_at = at(1);
  job.priority = 4;
  job.attempts_started = 3;
  job.attempts_made = 2;
  job.stalled_count = 1;
  job.processed_at = at(3);
  job.worker = "w";
  job.failed_reason = "busy";
  job.stacktrace = {"one", "two"};
  job.progress = "[1]";
  job.deferred_failure = "stalled";
  job.deduplication_id = "d";
  placed.place = {-3, 12};
  placed.token = "token";
  return placed;
}

TEST(JobRows, give_a_job_back_as_it_was) {
  const jobs::Placed job = full_job();
  const std::string row = encode(job).str();
  const auto read = decode_job("mine", row);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->place, job.place);
  EXPECT_EQ(read->token, "token");
  EXPECT_EQ(read->job.state, State::active);
  EXPECT_EQ(read->job.options, job.job.options);
  EXPECT_EQ(read->job.data, job.job.data);
  EXPECT_EQ(read->job.processed_at, at(3));
  EXPECT_EQ(read->job.stacktrace, job.job.stacktrace);
  EXPECT_EQ(read->job.unreadable, "");
  EXPECT_EQ(encode(*read).view(), row) << "nothing is missing";
}

TEST(JobRows, know_every_state) {
  for (const State state : {State::waiting, State::prioritized, State::active, State::delayed,
                            State::completed, State::failed}) {
    jobs::Placed job;
    job.job.state = state;
    EXPECT_EQ(decode_job("1", encode(job))->job.state, state);
  }
  jobs::Placed none;
  EXPECT_FALSE(decode_job("1", encode(none)));
}

TEST(JobRows, give_owners_logs_and_the_queue_back) {
  EXPECT_EQ(decode_job_owner(encode(jobs::Owner{"1", at(5)}))->until, at(5));
  EXPECT_EQ(decode_job_owner(encode(jobs::Owner{"1", {}}))->until, std::nullopt);
  EXPECT_EQ(decode_job_owner(encode(jobs::Owner{"job", {}}))->job, "job");
  const std::deque<std::string> log{"one", "", "three"};
  EXPECT_EQ(decode_job_log(encode(log)), log);
  const auto meta = decode_job_meta(encode(jobs::Board::Meta{300, true}));
  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->ids, 300u);
  EXPECT_TRUE(meta->is_paused);
}

TEST(JobRows, do_not_decode_when_something_is_missing_or_left_over) {
  const std::string rows[] = {encode(full_job()).str(), encode(jobs::Owner{"1", at(5)}).str(),
                              encode(std::deque<std::string>{"a", "b"}).str(),
                              encode(jobs::Board::Meta{1, true}).str()};
  const auto reads = [](std::size_t kind, std::string_view row) {
    return kind == 0   ? decode_job("1", row).has_value()
           : kind == 1 ? decode_job_owner(row).has_value()
           : kind == 2 ? decode_job_log(row).has_value()
                       : decode_job_meta(row).has_value();
  };
  for (std::size_t kind = 0; kind < 4; ++kind) {
    EXPECT_TRUE(reads(kind, rows[kind]));
    for (std::size_t size = 0; size < rows[kind].size(); ++size)
      EXPECT_FALSE(reads(kind, std::string_view(rows[kind]).substr(0, size))) << kind << size;
    if (kind != 1) {
      EXPECT_FALSE(reads(kind, rows[kind] + 'x'));
    }
    std::string newer = rows[kind];
    newer[0] = 2;
    EXPECT_FALSE(reads(kind, newer)) << "of another layout";
  }
}

TEST(JobRows, take_any_bytes) {
  std::mt19937 random(4);
  const std::string row = encode(full_job()).str();
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = row;
    for (int j = 0; j < 3; ++j) damaged[random() % row.size()] = static_cast<char>(random());
    const auto read = decode_job("1", damaged);
    EXPECT_TRUE(!read || read->job.state != State::none);
    (void)decode_job_log(damaged);
    (void)decode_job_owner(damaged);
  }
}

TEST(JobRows, refuse_a_place_from_which_counting_would_overflow) {
  jobs::Placed job = full_job();
  job.place.turn = std::numeric_limits<std::int64_t>::min();
  EXPECT_FALSE(decode_job("1", encode(job)));
  job.place.turn = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(decode_job("1", encode(job)));
}

}  // namespace
}  // namespace parley::store::embedded
