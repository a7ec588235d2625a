#include "settings/job_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "settings/scratch_folder.hpp"
#include "settings/secrets.hpp"

namespace parley::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JobCommands : public ::testing::Test {
 protected:
  int run_with(std::vector<std::string> arguments) {
    jobs.reset();
    user.reset();
    worker.reset();
    err.str({});
    Commands commands;
    commands.jobs = [this](const Settings& given, const JobsRequest& request) {
      settings = given;
      jobs = request;
      return exit_ok;
    };
    commands.user = [this](const Settings& given, const UserRequest& request) {
      settings = given;
      user = request;
      return exit_ok;
    };
    commands.worker = [this](const Settings& given) {
      worker = given;
      return exit_ok;
    };
    return run(std::move(arguments), commands, {environment, folder / ".env", out, err});
  }
  JobsRequest jobs_with(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "jobs");
    EXPECT_EQ(run_with(arguments), exit_ok) << err.str();
    return jobs.value_or(JobsRequest{});
  }
  void expect_refusal(std::vector<std::string> arguments) {
    EXPECT_EQ(run_with(arguments), exit_usage) << ::testing::PrintToString(arguments);
    EXPECT_FALSE(jobs || user || worker) << ::testing::PrintToString(arguments);
  }

  ScratchFolder folder;
  std::map<std::string, std::string> environment{{"LOG_LEVEL", "off"}};
  std::ostringstream out, err;
  Settings settings;
  std::optional<JobsRequest> jobs;
  std::optional<UserRequest> user;
  std::optional<Settings> worker;
};

TEST_F(JobCommands, list_takes_a_state_a_limit_and_a_queue) {
  const auto request =
      jobs_with({"list", "--state", "failed", "--limit", "5", "--queue", "other", "--json"});
  EXPECT_EQ(request.verb, "list");
  EXPECT_EQ(request.state, "failed");
  EXPECT_EQ(request.limit, 5u);
  EXPECT_EQ(request.queue, "other");
  EXPECT_TRUE(request.json);
}

TEST_F(JobCommands, have_defaults) {
  const auto request = jobs_with({"list"});
  EXPECT_EQ(request.queue, "email-queue");
  EXPECT_EQ(request.state, "");
  EXPECT_EQ(request.limit, 20u);
  EXPECT_FALSE(request.json);
}

TEST_F(JobCommands, each_verb_takes_settings) {
  for (const std::string verb : {"list", "drain", "pause", "resume", "counts"}) {
    EXPECT_EQ(jobs_with({verb, "--data-dir", "/d", "--redis-host", "r"}).verb, verb);
    EXPECT_EQ(settings.store.data_dir, "/d");
    EXPECT_EQ(settings.cluster.redis_host, "r");
  }
}

TEST_F(JobCommands, some_verbs_take_ids) {
  for (const std::string verb : {"show", "retry", "remove"}) {
    const auto request = jobs_with({verb, "1", "aa-bb"});
    EXPECT_EQ(request.verb, verb);
    EXPECT_THAT(request.ids, ElementsAre("1", "aa-bb"));
    expect_refusal({"jobs", verb});
  }
}

TEST_F(JobCommands, all_stands_in_place_of_ids) {
  EXPECT_TRUE(jobs_with({"retry", "--all"}).all);
  EXPECT_EQ(jobs_with({"retry", "--all"}).verb, "retry");
  const auto request = jobs_with({"remove", "--all", "--state", "completed", "--yes"});
  EXPECT_TRUE(request.all && request.yes);
  EXPECT_EQ(request.state, "completed");
  EXPECT_THAT(request.ids, IsEmpty());
  expect_refusal({"jobs", "retry", "--all", "1"});
}

TEST_F(JobCommands, remove_all_names_a_state_that_can_be_removed) {
  expect_refusal({"jobs", "remove", "--all"});
  expect_refusal({"jobs", "remove", "--all", "--state", "active"});
  expect_refusal({"jobs", "remove", "1", "--state", "failed"});
}

TEST_F(JobCommands, drain_leaves_delayed_jobs_unless_told) {
  EXPECT_FALSE(jobs_with({"drain"}).delayed);
  EXPECT_TRUE(jobs_with({"drain", "--delayed"}).delayed);
}

TEST_F(JobCommands, refuse_what_makes_no_sense) {
  expect_refusal({"jobs"});
  expect_refusal({"jobs", "dance"});
  expect_refusal({"jobs", "list", "--state", "asleep"});
  expect_refusal({"jobs", "list", "--limit", "0"});
  expect_refusal({"jobs", "list", "extra"});
  expect_refusal({"jobs", "pause", "resume"});
  expect_refusal({"jobs", "list", "--data-dri", "/d"});
  EXPECT_THAT(err.str(), HasSubstr("Did you mean --data-dir?"));
}

TEST_F(JobCommands, user_is_promoted_and_demoted_and_verified) {
  EXPECT_EQ(run_with({"user", "promote", "ann@example.org"}), exit_ok) << err.str();
  EXPECT_EQ(user->verb, "promote");
  EXPECT_EQ(user->email, "ann@example.org");
  EXPECT_FALSE(user->revoke);
  EXPECT_EQ(run_with({"user", "promote", "--revoke", "ann@example.org", "--json"}), exit_ok);
  EXPECT_TRUE(user->revoke && user->json);
  EXPECT_EQ(run_with({"user", "verify", "ann@example.org", "--data-dir", "/d"}), exit_ok);
  EXPECT_EQ(user->verb, "verify");
  EXPECT_EQ(settings.store.data_dir, "/d");
}

TEST_F(JobCommands, user_wants_a_verb_and_an_address) {
  expect_refusal({"user"});
  expect_refusal({"user", "promote"});
  expect_refusal({"user", "verify", "--revoke", "a@b"});
}

TEST_F(JobCommands, need_no_secrets) {
  environment["NODE_ENV"] = "production";
  EXPECT_EQ(jobs_with({"counts"}).verb, "counts");
  EXPECT_EQ(run_with({"user", "verify", "a@b"}), exit_ok) << err.str();
}

TEST_F(JobCommands, worker_needs_mongodb_and_redis) {
  expect_refusal({"worker"});
  EXPECT_THAT(err.str(), HasSubstr("parley worker needs MONGO_URI and REDIS_URL"));
  environment["REDIS_URL"] = "redis://r";
  expect_refusal({"worker"});
  environment["MONGO_URI"] = "mongodb://m/chat";
  environment["ACCESS_TOKEN_SECRET"] = std::string(40, 'a');
  const auto data = (folder / "data").string();
  EXPECT_EQ(run_with({"worker", "--data-dir", data, "--worker-concurrency", "9"}), exit_ok)
      << err.str();
  EXPECT_EQ(worker->jobs.concurrency, 9u);
  EXPECT_EQ(worker->auth.access_token_secret, std::string(40, 'a'));
}

TEST_F(JobCommands, worker_makes_no_secret_that_its_servers_would_not_know) {
  environment = {{"REDIS_URL", "redis://r"}, {"MONGO_URI", "mongodb://m"}};
  const auto data = folder / "data";
  expect_refusal({"worker", "--data-dir", data.string()});
  EXPECT_THAT(err.str(), HasSubstr("parley worker needs ACCESS_TOKEN_SECRET, the same as"));
  EXPECT_FALSE(std::filesystem::exists(data));
}

TEST_F(JobCommands, worker_takes_the_secrets_that_a_server_keeps_in_its_folder) {
  Settings server;
  server.store.data_dir = folder / "data";
  ASSERT_TRUE(provide_secrets(server));
  environment = {{"REDIS_URL", "redis://r"}, {"MONGO_URI", "mongodb://m"}};
  const auto data = server.store.data_dir.string();
  EXPECT_EQ(run_with({"worker", "--data-dir", data}), exit_ok) << err.str();
  EXPECT_EQ(worker->auth.access_token_secret, server.auth.access_token_secret);
}

TEST_F(JobCommands, worker_wants_secrets_in_production) {
  environment = {
      {"NODE_ENV", "production"}, {"REDIS_URL", "redis://r"}, {"MONGO_URI", "mongodb://m"}};
  expect_refusal({"worker"});
  EXPECT_THAT(err.str(), HasSubstr("ACCESS_TOKEN_SECRET is not set"));
}

}  // namespace
}  // namespace parley::app
