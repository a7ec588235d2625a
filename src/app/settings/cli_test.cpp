#include "settings/cli.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <sstream>

#include "settings/documents.hpp"
#include "settings/fields.hpp"
#include "settings/scratch_folder.hpp"

namespace parley::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Cli : public ::testing::Test {
 protected:
  int run_with(std::vector<std::string> arguments) {
    out.str({});
    err.str({});
    const Commands commands{
        .serve = [this](const Settings& given) { return note("serve", given); },
        .backup = [this](const Settings& given,
                         const auto& path) { return note("backup", given, path); },
        .restore = [this](const Settings& given,
                          const auto& path) { return note("restore", given, path); },
        .verify_store = [this](const Settings& given) { return note("verify-store", given); }};
    return run(std::move(arguments), commands, {environment, folder / ".env", out, err});
  }

  int note(const std::string& command, const Settings& given, std::filesystem::path path = {}) {
    called = command;
    settings = given;
    target = std::move(path);
    return result;
  }

  /// Flags that keep the data in the scratch folder.
  std::vector<std::string> in_folder(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(),
                     {"--data-dir", (folder / "data").string(), "--log-level", "off"});
    return arguments;
  }

  ScratchFolder folder;
  std::map<std::string, std::string> environment;
  std::ostringstream out;
  std::ostringstream err;
  std::string called;
  std::optional<Settings> settings;
  std::filesystem::path target;
  int result = exit_ok;
};

TEST_F(Cli, serves_with_merged_settings_and_secrets) {
  environment["PORT"] = "9001";
  EXPECT_EQ(run_with(in_folder({"serve", "--shards", "2"})), exit_ok) << err.str();
  EXPECT_EQ(called, "serve");
  EXPECT_EQ(settings->server.port, 9001);
  EXPECT_EQ(settings->server.shards, 2u);
  EXPECT_EQ(settings->auth.access_token_secret.size(), 43u);
  EXPECT_TRUE(std::filesystem::exists(folder / "data" / "secrets"));
}

TEST_F(Cli, takes_a_flag_with_an_equals_sign) {
  EXPECT_EQ(run_with(in_folder({"serve", "--port=9002"})), exit_ok) << err.str();
  EXPECT_EQ(settings->server.port, 9002);
}

TEST_F(Cli, ends_with_what_the_command_ends_with) {
  result = exit_failed;
  EXPECT_EQ(run_with(in_folder({"serve"})), exit_failed);
}

TEST_F(Cli, refuses_to_serve_in_production_without_secrets) {
  environment["NODE_ENV"] = "production";
  EXPECT_EQ(run_with(in_folder({"serve"})), exit_usage);
  EXPECT_EQ(called, "");
  EXPECT_THAT(err.str(), StartsWith("ACCESS_TOKEN_SECRET is not set: in production it must be"));
  EXPECT_THAT(err.str(), HasSubstr("\nREFRESH_TOKEN_SECRET is not set"));
  EXPECT_FALSE(std::filesystem::exists(folder / "data"));
}

TEST_F(Cli, writes_nothing_as_root_where_the_data_is_of_another) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::filesystem::create_directory(folder / "data");
  ASSERT_EQ(::chown((folder / "data").c_str(), 65534, 65534), 0);
  EXPECT_EQ(run_with(in_folder({"serve"})), exit_usage);
  EXPECT_EQ(called, "");
  EXPECT_THAT(err.str(), HasSubstr("/data belongs to "));
  EXPECT_TRUE(std::filesystem::is_empty(folder / "data"));
}

TEST_F(Cli, refuses_an_impossible_value) {
  EXPECT_EQ(run_with(in_folder({"serve", "--port", "70000"})), exit_usage);
  EXPECT_EQ(err.str(), "The flag --port is '70000': it must be a whole number from 0 to 65535.\n");
  EXPECT_EQ(called, "");
}

TEST_F(Cli, refuses_a_negative_value_with_the_same_sentence) {
  EXPECT_EQ(run_with(in_folder({"serve", "--ping-interval=-5s"})), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("The flag --ping-interval is '-5s': it must be a duration"));
}

TEST_F(Cli, refuses_an_unknown_flag_and_suggests_one) {
  EXPECT_EQ(run_with({"serve", "--prot", "1"}), exit_usage);
  EXPECT_THAT(err.str(), HasSubstr("The flag --prot is not known. Did you mean --port?"));
  EXPECT_EQ(run_with({"serve", "--prot=1"}), exit_usage);
  EXPECT_THAT(err.str(), HasSubstr("The flag --prot is not known. Did you mean --port?"));
  EXPECT_EQ(run_with({"serve", "extra"}), exit_usage);
  EXPECT_THAT(err.str(), HasSubstr("'extra' is not expected here"));
}

TEST_F(Cli, names_a_command_that_it_does_not_know) {
  EXPECT_EQ(run_with({"serv", "--port", "1"}), exit_usage);
  EXPECT_EQ(err.str(),
            "There is no command serv. Did you mean serve?\n"
            "Run parley help, or parley help with a command.\n");
  EXPECT_EQ(run_with({"frob"}), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("There is no command frob.\n"));
  EXPECT_EQ(run_with({"user", "ban", "ann@example.org"}), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("There is no command user ban.\n"));
  EXPECT_EQ(run_with({"user", "promot", "ann@example.org"}), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("There is no command user promot. Did you mean user promote?"));
}

TEST_F(Cli, says_what_is_missing_in_its_own_words) {
  EXPECT_EQ(run_with({}), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("A command is missing.\n"));
  EXPECT_EQ(run_with({"serve", "--port"}), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("The flag --port needs a value.\n"));
  EXPECT_EQ(run_with({"serve", "--port", "1", "--port", "2"}), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("The flag --port is given twice.\n"));
  EXPECT_EQ(run_with({"user", "show"}), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("USER is missing.\n"));
}

TEST_F(Cli, says_what_a_flag_must_be_in_its_own_words) {
  for (const auto* wrong : {"x", "0", "-1", "10001", "1.5"}) {
    EXPECT_EQ(run_with({"jobs", "list", "--limit", wrong}), exit_usage);
    EXPECT_THAT(err.str(), StartsWith("The flag --limit is '" + std::string{wrong} +
                                      "': it must be a whole number from 1 to 10000.\n"));
  }
  EXPECT_EQ(run_with({"jobs", "list", "--state", "odd"}), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("The flag --state is 'odd': it must be one of waiting, "));
  EXPECT_EQ(run_with({"top", "--interval", "0"}), exit_usage);
  EXPECT_THAT(err.str(),
              StartsWith("The flag --interval is '0': it must be a number from 0.1 to 3600.\n"));
}

TEST_F(Cli, has_commands_for_help_and_version) {
  for (const auto& [asked, same] :
       std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>>{
           {{"help"}, {"--help"}},
           {{"help", "user"}, {"user", "--help"}},
           {{"help", "user", "list"}, {"user", "list", "--help"}},
           {{"version"}, {"--version"}}}) {
    EXPECT_EQ(run_with(same), exit_ok);
    const std::string expected = out.str();
    EXPECT_EQ(run_with(asked), exit_ok) << err.str();
    EXPECT_EQ(out.str(), expected);
    EXPECT_FALSE(expected.empty());
  }
  EXPECT_EQ(run_with({"help", "serv"}), exit_usage);
  EXPECT_THAT(err.str(), StartsWith("There is no command serv. Did you mean serve?"));
  EXPECT_EQ(run_with({"version", "extra"}), exit_usage);
  EXPECT_THAT(err.str(), HasSubstr("'extra' is not expected here"));
}

TEST_F(Cli, wants_one_subcommand) {
  EXPECT_EQ(run_with({}), exit_usage);
  EXPECT_EQ(run_with({"sevre"}), exit_usage);
  EXPECT_EQ(run_with({"serve", "check-config"}), exit_usage);
  EXPECT_EQ(called, "");
}

TEST_F(Cli, wants_a_value_for_a_flag) {
  EXPECT_EQ(run_with({"serve", "--port"}), exit_usage);
  EXPECT_EQ(run_with({"serve", "--port", "1", "--port", "2"}), exit_usage);
  EXPECT_EQ(called, "");
}

TEST_F(Cli, check_config_touches_nothing) {
  EXPECT_EQ(run_with(in_folder({"check-config"})), exit_ok) << err.str();
  EXPECT_EQ(out.str(), "The settings are fine.\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "data"));
  EXPECT_EQ(called, "");
}

TEST_F(Cli, check_config_says_what_is_wrong) {
  environment = {{"PARLEY_ENV", "production"}, {"ACCESS_TOKEN_SECRET", "short"}};
  EXPECT_EQ(run_with({"check-config"}), exit_usage);
  EXPECT_THAT(err.str(), HasSubstr("ACCESS_TOKEN_SECRET has 5 bytes"));
  EXPECT_THAT(err.str(), HasSubstr("REFRESH_TOKEN_SECRET is not set"));
  EXPECT_THAT(err.str(), Not(HasSubstr("short")));
}

TEST_F(Cli, check_config_prints_warnings) {
  environment["ACCESS_TOKEN_SECRET"] = std::string(20, 'x');
  EXPECT_EQ(run_with({"check-config"}), exit_ok);
  EXPECT_THAT(err.str(), HasSubstr("Warning: ACCESS_TOKEN_SECRET has 20 bytes"));
}

TEST_F(Cli, show_config_reads_the_config_file) {
  const auto file = folder.file("parley.conf", "port = 9003\n").string();
  EXPECT_EQ(run_with({"show-config", "--config", file}), exit_ok) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("port = 9003  # config file\n"));
}

TEST_F(Cli, the_environment_may_name_the_config_file) {
  environment["PARLEY_CONFIG"] = folder.file("parley.conf", "port = 9003\n").string();
  EXPECT_EQ(run_with({"show-config"}), exit_ok) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("port = 9003  # config file\n"));
  const auto other = folder.file("other.conf", "port = 9004\n").string();
  EXPECT_EQ(run_with({"show-config", "--config", other}), exit_ok) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("port = 9004  # config file\n"));
}

TEST_F(Cli, show_config_prints_the_documents) {
  EXPECT_EQ(run_with({"show-config", "--docs", "reference"}), exit_ok);
  EXPECT_EQ(out.str(), reference_document());
  EXPECT_EQ(run_with({"show-config", "--docs", "sample"}), exit_ok);
  EXPECT_EQ(out.str(), sample_document());
  EXPECT_EQ(run_with({"show-config", "--docs", "poem"}), exit_usage);
}

TEST_F(Cli, gives_folder_and_settings_to_backup_and_restore) {
  EXPECT_EQ(run_with(in_folder({"backup", "/backups/monday"})), exit_ok) << err.str();
  EXPECT_EQ(called, "backup");
  EXPECT_EQ(target, "/backups/monday");
  EXPECT_EQ(settings->store.data_dir, folder / "data");
  EXPECT_EQ(run_with(in_folder({"restore", "/backups/monday"})), exit_ok) << err.str();
  EXPECT_EQ(called, "restore");
  EXPECT_EQ(run_with(in_folder({"verify-store"})), exit_ok) << err.str();
  EXPECT_EQ(called, "verify-store");
  EXPECT_EQ(run_with({"backup"}), exit_usage);
}

TEST_F(Cli, backup_needs_no_secrets_in_production) {
  environment["NODE_ENV"] = "production";
  EXPECT_EQ(run_with(in_folder({"backup", "/b"})), exit_ok) << err.str();
  EXPECT_FALSE(std::filesystem::exists(folder / "data"));
}

TEST_F(Cli, reads_dotenv) {
  folder.file(".env", "PORT=9004\n");
  EXPECT_EQ(run_with(in_folder({"serve"})), exit_ok) << err.str();
  EXPECT_EQ(settings->server.port, 9004);
}

TEST_F(Cli, prints_its_version) {
  EXPECT_EQ(run_with({"--version"}), exit_ok);
  EXPECT_THAT(out.str(), ::testing::MatchesRegex("parley [0-9.]+ \\(commit [a-z0-9]+, .*\\)\n"));
}

TEST_F(Cli, help_names_every_subcommand_and_exit_code) {
  EXPECT_EQ(run_with({"--help"}), exit_ok);
  for (const auto* word :
       {"serve", "check-config", "show-config", "backup", "restore", "verify-store", "--version",
        "help", "version", "Examples:", "SIGHUP", "Exit codes: 0 done"}) {
    EXPECT_THAT(out.str(), HasSubstr(word));
  }
}

TEST_F(Cli, help_of_serve_has_every_flag_and_variable) {
  EXPECT_EQ(run_with({"serve", "--help"}), exit_ok);
  EXPECT_EQ(called, "");
  for (const Field& field : fields()) {
    EXPECT_THAT(out.str(), HasSubstr(field.flag() + " VALUE"));
    EXPECT_THAT(out.str(), HasSubstr(field.variables.back() + "; default: "));
  }
}

TEST_F(Cli, help_of_other_commands_has_what_they_stand_on) {
  EXPECT_EQ(run_with({"user", "--help"}), exit_ok);
  for (const auto* flag : {"--data-dir", "--mongo-uri", "--config", "reset-password"})
    EXPECT_THAT(out.str(), HasSubstr(flag));
  for (const auto* flag : {"--hash-cost", "--tls-cert", "--smtp-url"})
    EXPECT_THAT(out.str(), Not(HasSubstr(flag)));
  EXPECT_EQ(run_with({"verify-store", "--hash-cost", "4"}), exit_ok) << "and they take all";
}

TEST_F(Cli, does_not_suggest_the_flag_that_it_refuses) {
  EXPECT_EQ(run_with({"bench", "send", "--port", "1"}), exit_usage);
  EXPECT_THAT(err.str(), HasSubstr("The flag --port is not known.\n"));
}

TEST_F(Cli, a_command_that_throws_has_failed) {
  const Commands commands{.serve = [](const Settings&) -> int { throw std::runtime_error{"boom"}; },
                          .backup = {},
                          .restore = {},
                          .verify_store = {}};
  const auto arguments = in_folder({"serve"});
  EXPECT_EQ(run(arguments, commands, {environment, folder / ".env", out, err}), exit_failed);
  EXPECT_EQ(err.str(), "Failed: boom\n");
}

}  // namespace
}  // namespace parley::app
