#include "settings/bench_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "settings/cli.hpp"
#include "settings/scratch_folder.hpp"

namespace parley::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BenchCommand : public ::testing::Test {
 protected:
  int run_with(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "bench");
    plan.reset();
    Commands commands;
    commands.bench = [this](const load::Plan& given) {
      plan = given;
      return exit_ok;
    };
    return run(std::move(arguments), commands, {{}, folder / ".env", out, err});
  }
  load::Plan plan_of(std::vector<std::string> arguments) {
    EXPECT_EQ(run_with(std::move(arguments)), exit_ok) << err.str();
    return plan.value_or(load::Plan{});
  }

  ScratchFolder folder;
  std::ostringstream out, err;
  std::optional<load::Plan> plan;
};

TEST_F(BenchCommand, has_a_default_for_everything_but_the_scenario) {
  const auto given = plan_of({"send"});
  EXPECT_EQ(given.scenario, load::Scenario::send);
  EXPECT_EQ(given.users, 1'000u);
  EXPECT_EQ(given.url, "http://127.0.0.1:8000");
  EXPECT_EQ(run_with({}), exit_usage);
  EXPECT_FALSE(plan);
}

TEST_F(BenchCommand, takes_every_scenario) {
  EXPECT_EQ(plan_of({"idle"}).scenario, load::Scenario::idle);
  EXPECT_EQ(plan_of({"storm"}).scenario, load::Scenario::storm);
  EXPECT_EQ(plan_of({"history"}).scenario, load::Scenario::history);
  EXPECT_EQ(plan_of({"login"}).scenario, load::Scenario::login);
  EXPECT_EQ(run_with({"dance"}), exit_usage);
}

TEST_F(BenchCommand, takes_options) {
  const auto given = plan_of(
      {"send",    "--users", "20",       "--devices", "3",          "--rate", "500.5",
       "--think", "0.5",     "--reads",  "0.25",      "--answer",   "echo",   "--server-pid",
       "7",       "--json",  "--report", "a.html",    "--accounts", "b",      "--client-ids"});
  EXPECT_EQ(given.users, 20u);
  EXPECT_EQ(given.devices, 3u);
  EXPECT_EQ(given.rate, 500.5);
  EXPECT_EQ(given.think, 0.5);
  EXPECT_EQ(given.reads, 0.25);
  EXPECT_EQ(given.answer, load::Answer::echo);
  EXPECT_EQ(given.server_pid, 7);
  EXPECT_TRUE(given.json);
  EXPECT_TRUE(given.client_ids);
  EXPECT_EQ(given.report, "a.html");
  EXPECT_EQ(given.accounts, "b");
}

TEST_F(BenchCommand, refuses_what_cannot_be) {
  for (const auto& [flag, value] :
       std::vector<std::pair<std::string, std::string>>{{"--users", "1"},
                                                        {"--users", "many"},
                                                        {"--devices", "0"},
                                                        {"--reads", "1.5"},
                                                        {"--rate", "-1"},
                                                        {"--answer", "maybe"},
                                                        {"--server-pid", "0"},
                                                        {"--port", "8000"}}) {
    EXPECT_EQ(run_with({"send", flag, value}), exit_usage) << flag;
    EXPECT_FALSE(plan) << flag;
  }
}

TEST_F(BenchCommand, names_the_words_that_there_are) {
  EXPECT_EQ(run_with({"sned"}), exit_usage);
  EXPECT_THAT(err.str(),
              HasSubstr("is 'sned': it must be one of history, idle, login, send, storm."));
  EXPECT_EQ(run_with({"0"}), exit_usage);
}

TEST_F(BenchCommand, explains_itself) {
  EXPECT_EQ(run_with({"--help"}), exit_ok);
  EXPECT_THAT(out.str(), HasSubstr("RATE_LIMIT_AUTH=0"));
  EXPECT_THAT(out.str(), HasSubstr("--in-flight"));
  EXPECT_THAT(out.str(), Not(HasSubstr("--mongo-uri")));
}

}  // namespace
}  // namespace parley::app
