#include "settings/operator_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "settings/scratch_folder.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class OperatorCommands : public ::testing::Test {
 protected:
  int run_with(std::vector<std::string> arguments) {
    err.str({});
    user = {};
    Commands commands;
    commands.user = [this](const Settings&, const UserRequest& request) {
      user = request;
      return exit_ok;
    };
    commands.message = [this](const Settings&, const MessageRequest& request) {
      message = request;
      return exit_ok;
    };
    commands.doctor = [this](const Settings&, const DoctorRequest& request) {
      doctor = request;
      return exit_ok;
    };
    commands.top = [this](const Settings&, const TopRequest& request) {
      top = request;
      return exit_ok;
    };
    return run(std::move(arguments), commands, {environment, folder / ".env", out, err});
  }
  void expect_refusal(std::vector<std::string> arguments) {
    EXPECT_EQ(run_with(arguments), exit_usage) << ::testing::PrintToString(arguments);
  }

  ScratchFolder folder;
  std::map<std::string, std::string> environment{{"LOG_LEVEL", "off"}};
  std::ostringstream out, err;
  UserRequest user;
  MessageRequest message;
  DoctorRequest doctor;
  TopRequest top;
};

TEST_F(OperatorCommands, user_has_verbs_with_flags_of_their_own) {
  EXPECT_EQ(run_with({"user", "create", "ann@example.org", "--username", "ann", "--verified",
                      "--password-stdin"}),
            exit_ok)
      << err.str();
  EXPECT_EQ(user.verb, "create");
  EXPECT_EQ(user.username, "ann");
  EXPECT_TRUE(user.verified && user.password_stdin && !user.administrator);
  EXPECT_EQ(run_with({"user", "delete", "--texts", "--yes", "ann@example.org"}), exit_ok);
  EXPECT_TRUE(user.remove_texts && user.yes);
  EXPECT_EQ(run_with({"user", "list", "--search", "an", "--limit", "7", "--json"}), exit_ok);
  EXPECT_EQ(user.search, "an");
  EXPECT_EQ(user.limit, 7U);
  EXPECT_TRUE(user.json);
  EXPECT_EQ(run_with({"user", "export", "ann@example.org"}), exit_ok);
  EXPECT_EQ(user.file, "-");
  EXPECT_EQ(run_with({"user", "export", "ann@example.org", "ann.jsonl"}), exit_ok);
  EXPECT_EQ(user.file, "ann.jsonl");
  EXPECT_EQ(run_with({"user", "revoke", "ann@example.org", "--session", "s"}), exit_ok);
  EXPECT_EQ(user.session, "s");
  for (const char* verb : {"show", "sessions", "disable", "enable", "reset-password"}) {
    EXPECT_EQ(run_with({"user", verb, "ann@example.org", "--data-dir", "/d"}), exit_ok) << verb;
    EXPECT_EQ(user.verb, verb);
  }
}

TEST_F(OperatorCommands, user_refuses_what_makes_no_sense) {
  expect_refusal({"user", "create", "ann@example.org"});
  expect_refusal({"user", "delete"});
  expect_refusal({"user", "show", "ann@example.org", "--texts"});
  expect_refusal({"user", "list", "--limit", "0"});
  expect_refusal({"user", "dance", "ann@example.org"});
}

TEST_F(OperatorCommands, message_is_traced) {
  EXPECT_EQ(run_with({"message", "trace", "507f1f77bcf86cd799439011", "--json"}), exit_ok);
  EXPECT_EQ(message.id, "507f1f77bcf86cd799439011");
  EXPECT_TRUE(message.json);
  expect_refusal({"message"});
  expect_refusal({"message", "trace"});
}

TEST_F(OperatorCommands, doctor_hears_what_the_settings_alone_say) {
  EXPECT_EQ(run_with({"doctor"}), exit_ok);
  EXPECT_THAT(doctor.problems, IsEmpty());
  EXPECT_FALSE(doctor.json);
  environment["NODE_ENV"] = "production";
  EXPECT_EQ(run_with({"doctor", "--json"}), exit_ok);
  EXPECT_THAT(doctor.problems, Not(IsEmpty()));
  EXPECT_TRUE(doctor.json);
  expect_refusal({"doctor", "--port", "x"});
}

TEST_F(OperatorCommands, top_looks_once_or_again_and_again) {
  EXPECT_EQ(run_with({"top"}), exit_ok);
  EXPECT_EQ(top.interval, 2s);
  EXPECT_EQ(run_with({"top", "--once", "--json", "--interval", "0.5"}), exit_ok);
  EXPECT_EQ(top.interval, 500ms);
  EXPECT_TRUE(top.once && top.json);
  EXPECT_FALSE(top.over_http);
  EXPECT_EQ(run_with({"top", "--port", "9000"}), exit_ok);
  EXPECT_TRUE(top.over_http);
  expect_refusal({"top", "--interval", "0"});
}

}  // namespace
}  // namespace parley::app
