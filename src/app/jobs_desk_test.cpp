#include "app/jobs_desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/jobs_report.hpp"
#include "app/table.hpp"
#include "jobs/fakes/memory_queue.hpp"
#include "jobs/source.hpp"
#include "net/testing.hpp"

namespace parley::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A desk over a queue in memory, and a person who asks it.
class JobsDeskTest : public ::testing::Test {
 protected:
  template <class T>
  static Task<void> keep(Task<T> task, std::shared_ptr<std::optional<T>> out) {
    out->emplace(co_await std::move(task));
  }
  template <class T>
  T run(Task<T> task) {
    auto result = std::make_shared<std::optional<T>>();
    shard.spawn("test", keep(std::move(task), result));
    if (!net::run_until(shard, [&result] { return result->has_value(); }))
      throw std::runtime_error("a call does not end");
    return std::move(**result);
  }

  jobs::JobId add(std::string name = "send-email", jobs::JobOptions options = {},
                  std::string data = R"({"receiverId":"r"})") {
    jobs::NewJob job{std::move(name), std::move(data), std::move(options)};
    return run(queue.add(std::move(job), now))->id;
  }
  /// The next job fails for good.
  void fail_next(const std::string& reason) {
    if (!source) source = queue.new_source();
    jobs::Taking how;
    how.token = "t";
    const auto taken = run(source->take(how, now));
    jobs::Ending ending;
    ending.id = taken->job->id;
    ending.token = "t";
    ending.kind = jobs::Ending::Kind::failed;
    ending.text = reason;
    ending.stacktrace = {"Error: " + reason};
    ASSERT_TRUE(run(source->settle(ending, std::nullopt, now)));
  }
  jobs::Counts counts() { return *run(queue.counts()); }
  Result<json::object> ask(json::object question) {
    return run(desk.answer(std::move(question), now));
  }
  /// What `parley jobs` ends with; `out` and `err` have what it said.
  int report(JobsRequest request) {
    out.str({});
    err.str({});
    const Terminal terminal{out, err, [this](const std::string& question) {
                              asked = question;
                              return agrees;
                            }};
    return report_jobs(
        request, [this](json::object question) { return ask(std::move(question)); }, terminal);
  }
  static JobsRequest request(std::string verb) {
    JobsRequest request;
    request.verb = std::move(verb);
    return request;
  }

  net::Shard shard{0};
  net::ShardScope scope{shard};
  jobs::fakes::MemoryQueue queue{shard.executor()};
  std::shared_ptr<jobs::Source> source;
  JobsDesk desk{queue, "email-queue"};
  Time now = from_unix_ms(1'764'000'000'000);
  std::ostringstream out, err;
  bool agrees = false;
  std::string asked;
};

TEST_F(JobsDeskTest, counts_by_state) {
  add();
  add();
  fail_next("no");
  EXPECT_EQ(*ask({{"verb", "counts"}, {"queue", "email-queue"}}),
            (json::object{{"waiting", 1},
                          {"prioritized", 0},
                          {"active", 0},
                          {"delayed", 0},
                          {"completed", 0},
                          {"failed", 1},
                          {"paused", false}}));
}

TEST_F(JobsDeskTest, lists_a_page_of_a_state) {
  for (int i = 0; i < 5; ++i) add();
  const auto answer = ask({{"verb", "list"}, {"state", "waiting"}, {"offset", 1}, {"limit", 2}});
  const auto& jobs = answer->at("jobs").as_array();
  ASSERT_EQ(jobs.size(), 2u);
  EXPECT_EQ(jobs[0].at("id"), "2");
  EXPECT_EQ(jobs[0].at("state"), "waiting");
  EXPECT_EQ(jobs[0].at("data").at("receiverId"), "r");
  EXPECT_EQ(jobs[0].at("createdAt").as_string(), to_iso8601(now));
  EXPECT_EQ(jobs[0].at("attempts"), 1);
}

TEST_F(JobsDeskTest, gives_no_page_that_is_too_long) {
  for (std::size_t i = 0; i < JobsDesk::max_page + 5; ++i) add();
  for (const json::value& limit : {json::value(1'000'000), json::value(-1), json::value("many")}) {
    const auto answer = ask({{"verb", "list"}, {"state", "waiting"}, {"limit", limit}});
    EXPECT_EQ(answer->at("jobs").as_array().size(), JobsDesk::max_page) << json::serialize(limit);
  }
}

TEST_F(JobsDeskTest, shows_everything_about_a_job) {
  const auto id = add();
  ASSERT_TRUE(run(queue.append_log(id, "begun")));
  fail_next("550 no such user");
  const auto answer = ask({{"verb", "show"}, {"id", id}});
  const auto& job = answer->at("job").as_object();
  EXPECT_EQ(job.at("state"), "failed");
  EXPECT_EQ(job.at("failedReason"), "550 no such user");
  EXPECT_EQ(job.at("stacktrace").as_array().at(0), "Error: 550 no such user");
  EXPECT_TRUE(job.at("options").is_object());
  EXPECT_EQ(answer->at("log").as_array().at(0), "begun");
}

TEST_F(JobsDeskTest, shows_data_that_is_no_json_as_text) {
  const auto answer = ask({{"verb", "show"}, {"id", add("n", {}, "[1,2]")}});
  EXPECT_EQ(answer->at("job").at("data"), (json::array{1, 2}));
}

TEST_F(JobsDeskTest, retries_one_job_or_all_that_failed) {
  for (int i = 0; i < 3; ++i) {
    add();
    fail_next("no");
  }
  EXPECT_EQ(ask({{"verb", "retry"}, {"id", "2"}})->at("done"), 1);
  EXPECT_EQ(counts().failed, 2u);
  EXPECT_EQ(ask({{"verb", "retry"}, {"all", true}})->at("done"), 2);
  EXPECT_EQ(counts().waiting, 3u);
  EXPECT_EQ(ask({{"verb", "retry"}, {"all", true}})->at("done"), 0);
}

TEST_F(JobsDeskTest, says_why_a_job_cannot_be_changed) {
  const auto id = add();
  EXPECT_EQ(ask({{"verb", "retry"}, {"id", id}}).error().code, Errc::conflict);
  EXPECT_EQ(ask({{"verb", "retry"}, {"id", "nobody"}}).error().code, Errc::not_found);
  EXPECT_EQ(ask({{"verb", "remove"}, {"id", "nobody"}}).error().code, Errc::not_found);
  EXPECT_EQ(ask({{"verb", "show"}}).error().code, Errc::not_found);
}

TEST_F(JobsDeskTest, removes_one_job_or_all_of_a_state) {
  for (int i = 0; i < 4; ++i) add();
  fail_next("no");
  EXPECT_EQ(ask({{"verb", "remove"}, {"id", "2"}})->at("done"), 1);
  EXPECT_EQ(ask({{"verb", "remove"}, {"all", true}, {"state", "waiting"}})->at("done"), 2);
  EXPECT_EQ(counts().waiting, 0u);
  EXPECT_EQ(counts().failed, 1u);
  EXPECT_EQ(ask({{"verb", "remove"}, {"all", true}}).error().code, Errc::bad_request);
  EXPECT_EQ(ask({{"verb", "remove"}, {"all", true}, {"state", "active"}}).error().code,
            Errc::bad_request);
}

TEST_F(JobsDeskTest, pauses_resumes_and_drains) {
  jobs::JobOptions later;
  later.delay = std::chrono::hours{1};
  add();
  add("send-email", later);
  ASSERT_TRUE(ask({{"verb", "pause"}}));
  EXPECT_TRUE(counts().paused);
  ASSERT_TRUE(ask({{"verb", "resume"}}));
  EXPECT_FALSE(counts().paused);
  ASSERT_TRUE(ask({{"verb", "drain"}}));
  EXPECT_EQ(counts().waiting, 0u);
  EXPECT_EQ(counts().delayed, 1u);
  ASSERT_TRUE(ask({{"verb", "drain"}, {"delayed", true}}));
  EXPECT_EQ(counts().delayed, 0u);
}

TEST_F(JobsDeskTest, refuses_what_it_does_not_know) {
  EXPECT_EQ(ask({}).error().code, Errc::bad_request);
  EXPECT_EQ(ask({{"verb", "dance"}}).error().code, Errc::bad_request);
  EXPECT_EQ(ask({{"verb", 7}}).error().code, Errc::bad_request);
  EXPECT_EQ(ask({{"verb", "list"}}).error().code, Errc::bad_request);
  EXPECT_EQ(ask({{"verb", "list"}, {"state", "unknown"}}).error().code, Errc::bad_request);
  EXPECT_EQ(ask({{"verb", "counts"}, {"queue", "other"}}).error().code, Errc::not_found);
}

TEST_F(JobsDeskTest, report_lists_what_has_not_completed) {
  EXPECT_EQ(report(request("list")), exit_ok);
  EXPECT_EQ(out.str(), "no jobs\n");
  add();
  add("password-reset");
  fail_next("550 no such user");
  EXPECT_EQ(report(request("list")), exit_ok);
  EXPECT_THAT(
      out.str(),
      AllOf(HasSubstr("STATE    ID  NAME "), HasSubstr("waiting  2   password-reset  0/1"),
            HasSubstr("failed   1   send-email      1/1"), HasSubstr("550 no such user\n")));
  JobsRequest failed = request("list");
  failed.state = "failed";
  failed.json = true;
  EXPECT_EQ(report(failed), exit_ok);
  const auto machine = json::parse(out.str());
  ASSERT_TRUE(machine);
  EXPECT_EQ(machine->at("jobs").as_array().size(), 1u);
  EXPECT_EQ(machine->at("queue"), "email-queue");
}

TEST_F(JobsDeskTest, report_turns_pages_up_to_the_limit) {
  for (int i = 0; i < 250; ++i) add();
  JobsRequest many = request("list");
  many.json = true;
  for (const std::size_t limit : {1u, 100u, 150u, 250u, 1000u}) {
    many.limit = limit;
    EXPECT_EQ(report(many), exit_ok);
    EXPECT_EQ(json::parse(out.str())->at("jobs").as_array().size(),
              std::min<std::size_t>(limit, 250));
  }
}

TEST_F(JobsDeskTest, report_shows_jobs) {
  add();
  fail_next("550 no such user");
  JobsRequest show = request("show");
  show.ids = {"1"};
  EXPECT_EQ(report(show), exit_ok);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("failedReason     550 no such user\n"),
                               HasSubstr("stacktrace:\n  Error: 550")));
  show.ids = {"1", "2"};
  EXPECT_EQ(report(show), exit_failed);
  EXPECT_EQ(err.str().find("parley: 2: "), 0u) << err.str();
}

TEST_F(JobsDeskTest, report_counts_and_tells_of_a_pause) {
  ASSERT_TRUE(ask({{"verb", "pause"}}));
  EXPECT_EQ(report(request("counts")), exit_ok);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("waiting      0\n"), HasSubstr("is paused")));
}

TEST_F(JobsDeskTest, report_asks_before_it_removes_many) {
  add();
  JobsRequest remove = request("remove");
  remove.all = true;
  remove.state = "waiting";
  EXPECT_EQ(report(remove), exit_failed);
  EXPECT_EQ(asked, "Remove every waiting job of email-queue?");
  EXPECT_THAT(err.str(), HasSubstr("Nothing was done"));
  EXPECT_EQ(report(request("drain")), exit_failed);
  EXPECT_EQ(counts().waiting, 1u);
  agrees = true;
  EXPECT_EQ(report(remove), exit_ok);
  EXPECT_EQ(out.str(), "1 job is removed\n");
  add();
  asked.clear();
  JobsRequest drain = request("drain");
  drain.yes = true;
  EXPECT_EQ(report(drain), exit_ok);
  EXPECT_EQ(asked, "") << "--yes";
  EXPECT_EQ(counts().waiting, 0u);
}

TEST_F(JobsDeskTest, report_changes_what_it_can_and_names_the_rest) {
  add();
  fail_next("no");
  JobsRequest retry = request("retry");
  retry.ids = {"7", "1"};
  EXPECT_EQ(report(retry), exit_failed);
  EXPECT_THAT(err.str(), HasSubstr("parley: 7: "));
  EXPECT_EQ(out.str(), "1 job is waiting again\n");
  EXPECT_EQ(counts().waiting, 1u);
}

TEST_F(JobsDeskTest, report_says_what_the_other_side_refused) {
  JobsRequest other = request("counts");
  other.queue = "other";
  EXPECT_EQ(report(other), exit_failed);
  EXPECT_THAT(err.str(), HasSubstr("parley: there is no queue other here"));
}

TEST_F(JobsDeskTest, report_lets_no_job_move_the_cursor) {
  add("evil\x1b[2J\xC2\x9B"
      "1m\nname");
  EXPECT_EQ(report(request("list")), exit_ok);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("evil [2J 1m name"), Not(HasSubstr("\x1b"))));
}

TEST(Printable, is_cut_between_characters) {
  EXPECT_EQ(printable("short", 5), "short");
  EXPECT_EQ(printable("longer", 4), "long…");
  EXPECT_EQ(printable("\xC3\xA4\xC3\xB6\xC3\xBC", 2), "\xC3\xA4\xC3\xB6…");
  EXPECT_EQ(printable("a\tb\r\n\x7F", 10), "a b   ");
  EXPECT_EQ(printable("", 0), "");
}

}  // namespace
}  // namespace parley::app
