#include "settings/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/fields.hpp"
#include "settings/scratch_folder.hpp"
#include "settings/suggest.hpp"

namespace parley::app {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Load : public ::testing::Test {
 protected:
  Load() { inputs.dotenv = folder / ".env"; }

  void dotenv(std::string_view text) { folder.file(".env", text); }
  void config(std::string_view text) { inputs.config_file = folder.file("parley.conf", text); }

  Loaded loaded() {
    auto result = load(inputs);
    EXPECT_TRUE(result) << (result ? "" : result.error().detail);
    return result ? std::move(*result) : Loaded{};
  }
  std::string refusal() {
    const auto result = load(inputs);
    return result ? "no refusal" : result.error().detail;
  }
  std::string config_refusal(std::string_view text) {
    config(text);
    return refusal();
  }

  ScratchFolder folder;
  Inputs inputs;
};

TEST_F(Load, gives_the_defaults_when_nothing_is_given) {
  const auto result = loaded();
  EXPECT_EQ(result.settings.server.port, 8000);
  EXPECT_EQ(result.settings.server.mode, Mode::development);
  EXPECT_EQ(result.settings.store.data_dir, "./data");
  EXPECT_EQ(result.settings.auth.access_token_expire, 15min);
  EXPECT_EQ(result.settings.auth.refresh_token_expire, 24h * 7);
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_EQ(result.source_of("port"), Source::preset);
}

TEST_F(Load, a_stronger_source_beats_every_weaker_one) {
  config("port = 1001\n");
  EXPECT_EQ(loaded().settings.server.port, 1001);
  EXPECT_EQ(loaded().source_of("port"), Source::config_file);
  dotenv("PORT=1002\n");
  EXPECT_EQ(loaded().settings.server.port, 1002);
  EXPECT_EQ(loaded().source_of("port"), Source::dotenv);
  inputs.environment["PORT"] = "1003";
  EXPECT_EQ(loaded().settings.server.port, 1003);
  EXPECT_EQ(loaded().source_of("port"), Source::environment);
  inputs.flags["port"] = "1004";
  EXPECT_EQ(loaded().settings.server.port, 1004);
  EXPECT_EQ(loaded().source_of("port"), Source::flag);
}

TEST_F(Load, sources_fill_each_others_gaps) {
  config("port = 1001\nhost = ::1\n");
  dotenv("SHARDS=3\n");
  inputs.environment["LOG_LEVEL"] = "debug";
  inputs.flags["log-format"] = "json";
  const auto settings = loaded().settings;
  EXPECT_EQ(settings.server.port, 1001);
  EXPECT_EQ(settings.server.host, "::1");
  EXPECT_EQ(settings.server.shards, 3u);
  EXPECT_EQ(settings.log.level, ops::Level::debug);
  EXPECT_EQ(settings.log.format, ops::LogFormat::json);
}

/// Something that the field takes: its default, or what suits those whose default is a phrase.
std::string allowed_value(const Field& field) {
  const std::string secret(40, 'x');
  for (const std::string& value :
       {field.preset, secret, std::string{"https://a.example"}, std::string{"mongodb://a"},
        std::string{"redis://a"}, std::string{"smtp://a"}}) {
    Settings ignored;
    if ((!field.secret || value != field.preset) && field.read(ignored, value)) return value;
  }
  return "nothing is allowed";
}

TEST_F(Load, every_field_can_be_set_by_each_source) {
  for (const Field& field : fields()) {
    const std::string value = allowed_value(field);
    for (int source = 0; source < 4; ++source) {
      Inputs only;
      only.dotenv = folder / "absent";
      if (source == 0) only.config_file = folder.file("c", field.name + " = " + value + "\n");
      if (source == 1) only.dotenv = folder.file("d", field.variables.front() + "=" + value + "\n");
      if (source == 2) only.environment[field.variables.front()] = value;
      if (source == 3) only.flags[field.name] = value;
      const auto result = load(only);
      ASSERT_TRUE(result) << field.name << ": " << result.error().detail;
      EXPECT_TRUE(result->sources.contains(field.name)) << field.name << " by source " << source;
    }
  }
}

TEST_F(Load, keeps_the_names_of_the_original) {
  dotenv(
      "PORT=10000\nACCESS_TOKEN_SECRET=your_access_token_secret\n"
      "REFRESH_TOKEN_SECRET=your_refresh_token_secret\nACCESS_TOKEN_EXPIRE=3600\n"
      "REFRESH_TOKEN_EXPIRE=30d\nCLIENT_URL=http://localhost:5173\nNODE_ENV=test\n");
  const auto settings = loaded().settings;
  EXPECT_EQ(settings.server.port, 10000);
  EXPECT_EQ(settings.auth.access_token_secret, "your_access_token_secret");
  EXPECT_EQ(settings.auth.refresh_token_secret, "your_refresh_token_secret");
  EXPECT_EQ(settings.auth.access_token_expire, 1h);
  EXPECT_EQ(settings.auth.refresh_token_expire, 24h * 30);
  EXPECT_EQ(settings.server.client_url, Settings::Strings{"http://localhost:5173"});
  EXPECT_EQ(settings.server.mode, Mode::test);
}

TEST_F(Load, parley_env_beats_node_env_of_the_same_source) {
  inputs.environment = {{"NODE_ENV", "production"}, {"PARLEY_ENV", "test"}};
  EXPECT_EQ(loaded().settings.server.mode, Mode::test);
  inputs.environment.erase("PARLEY_ENV");
  dotenv("PARLEY_ENV=test\n");
  EXPECT_EQ(loaded().settings.server.mode, Mode::production);
}

TEST_F(Load, an_empty_variable_counts_as_not_set) {
  dotenv("PORT=\nHOST=::1\n");
  inputs.environment = {{"PORT", ""}, {"HOST", ""}};
  EXPECT_EQ(loaded().settings.server.port, 8000);
  EXPECT_EQ(loaded().settings.server.host, "::1");
}

TEST_F(Load, an_empty_flag_is_an_impossible_value) {
  inputs.flags["port"] = "";
  EXPECT_EQ(refusal(), "The flag --port is '': it must be a whole number from 0 to 65535.");
}

TEST_F(Load, allows_every_origin_in_development_and_none_in_production) {
  EXPECT_EQ(loaded().settings.server.client_url, Settings::Strings{"*"});
  inputs.environment["NODE_ENV"] = "production";
  EXPECT_THAT(loaded().settings.server.client_url, IsEmpty());
  inputs.environment["CLIENT_URL"] = "*";
  EXPECT_EQ(loaded().settings.server.client_url, Settings::Strings{"*"});
}

TEST_F(Load, names_source_key_value_and_what_is_allowed) {
  inputs.flags["port"] = "70000";
  EXPECT_EQ(refusal(), "The flag --port is '70000': it must be a whole number from 0 to 65535.");
  inputs.flags.clear();
  inputs.environment["LOG_LEVEL"] = "loud";
  EXPECT_EQ(refusal(),
            "The environment variable LOG_LEVEL is 'loud': it must be one of off, error, warn, "
            "info, debug.");
  inputs.environment.clear();
  dotenv("\nPING_INTERVAL=-5s\n");
  EXPECT_EQ(refusal(), "PING_INTERVAL in " + inputs.dotenv.string() +
                           " (line 2) is '-5s': it must be a duration from 100ms to 1h (like "
                           "500ms, 30s, 15m, 12h or 7d; a bare number means seconds).");
  dotenv("");
  const auto refused = config_refusal("trusted-proxies = 10.0.0.0/33");
  EXPECT_EQ(refused,
            "trusted-proxies in " + inputs.config_file->string() +
                " (line 1) is '10.0.0.0/33': it must be a comma-separated list of IP addresses "
                "and CIDR ranges such as 10.0.0.0/8, or none.");
}

TEST_F(Load, refuses_an_impossible_value_of_each_kind) {
  const std::map<std::string, std::string> impossible{{"env", "staging"},
                                                      {"host", "two words"},
                                                      {"port", "-1"},
                                                      {"shards", "many"},
                                                      {"client-url", "example.org"},
                                                      {"trusted-proxies", "proxy"},
                                                      {"metrics", "perhaps"},
                                                      {"drain-timeout", "2d"},
                                                      {"access-token-expire", "0"},
                                                      {"refresh-token-expire", "soon"},
                                                      {"hash-cost", "3"},
                                                      {"max-payload", "1"},
                                                      {"max-password", "73"},
                                                      {"ping-interval", "25000"},
                                                      {"log-format", "xml"},
                                                      {"max-connections", "0"},
                                                      {"per-message-deflate", "9"},
                                                      {"data-dir", ""},
                                                      {"mail-from", "me"},
                                                      {"public-url", "here"},
                                                      {"worker", "outside"},
                                                      {"worker-concurrency", "0"},
                                                      {"queue-prefix", "a b"}};
  for (const auto& [name, value] : impossible) {
    inputs.flags = {{name, value}};
    const auto expected = "The flag --" + name + " is '" + value + "': it must be ";
    EXPECT_THAT(refusal(), HasSubstr(expected + find_field(name)->allowed));
  }
}

TEST_F(Load, never_shows_a_secret) {
  inputs.environment["ACCESS_TOKEN_SECRET"] = "hidden\x01";
  EXPECT_THAT(refusal(), HasSubstr("ACCESS_TOKEN_SECRET is not usable: it must be text of"));
  EXPECT_THAT(refusal(), Not(HasSubstr("hidden")));
}

TEST_F(Load, tells_all_problems_at_once) {
  inputs.flags = {{"port", "x"}, {"shards", "y"}};
  EXPECT_THAT(refusal(), HasSubstr("--port is 'x'"));
  EXPECT_THAT(refusal(), HasSubstr("\nThe flag --shards is 'y'"));
}

TEST_F(Load, refuses_an_unknown_key_in_the_config_file) {
  const auto refused = config_refusal("prot = 1\n");
  EXPECT_THAT(refused, HasSubstr("The key prot in "));
  EXPECT_THAT(refused, HasSubstr("(line 1) is not known. Did you mean port?"));
  EXPECT_THAT(config_refusal("PORT = 1\n"), HasSubstr("is not known. Did you mean port?"));
  EXPECT_THAT(config_refusal("quite-different = 1\n"), Not(HasSubstr("Did you mean")));
}

TEST_F(Load, refuses_a_config_file_that_is_absent_or_malformed) {
  EXPECT_THAT(config_refusal("port\n"), HasSubstr("parley.conf, line 1 is not of the form"));
  inputs.config_file = folder / "absent.conf";
  EXPECT_THAT(refusal(), HasSubstr("absent.conf cannot be read."));
}

TEST_F(Load, refuses_an_unknown_key_in_dotenv) {
  dotenv("RATE_LIMIT_ATUH=5\n");
  EXPECT_THAT(refusal(), HasSubstr("The variable RATE_LIMIT_ATUH in "));
  EXPECT_THAT(refusal(), HasSubstr("is not known. Did you mean RATE_LIMIT_AUTH?"));
}

TEST_F(Load, names_the_way_out_for_a_variable_of_another_program_that_looks_like_ours) {
  dotenv("SHARD=5\n");
  EXPECT_THAT(refusal(), HasSubstr("Did you mean SHARDS? Another program's has to be elsewhere."));
}

TEST_F(Load, warns_of_other_programs_variables_in_dotenv) {
  dotenv("# of the shop\nSTRIPE_SECRET=hidden\nPORT=8001\n");
  const Loaded result = loaded();
  EXPECT_EQ(result.settings.server.port, 8001);
  EXPECT_THAT(result.warnings,
              ElementsAre("The variable STRIPE_SECRET in " + inputs.dotenv.string() +
                          " (line 2) is none of ours, and is not read."));
  dotenv("PARLEY_WHATEVER=1\n");
  EXPECT_THAT(refusal(), HasSubstr("The variable PARLEY_WHATEVER in "));
}

TEST_F(Load, refuses_a_malformed_dotenv) {
  dotenv("PORT 8000\n");
  EXPECT_THAT(refusal(), HasSubstr(".env, line 1 is not of the form"));
}

TEST_F(Load, refuses_a_dotenv_that_cannot_be_read) {
  std::filesystem::create_directory(inputs.dotenv);
  EXPECT_EQ(refusal(), "The file " + inputs.dotenv.string() + " cannot be read.");
}

TEST_F(Load, says_in_dotenv_what_to_write_for_the_mail_server_of_the_original) {
  dotenv("SMTP_HOST=mail.example.org\nSMTP_PORT=587\nEMAIL_USER=ann\nEMAIL_PASS=hidden\n");
  EXPECT_EQ(refusal(),
            "EMAIL_PASS, EMAIL_USER, SMTP_HOST, SMTP_PORT in .env are not read: write "
            "SMTP_URL=smtp://ann:PASSWORD@mail.example.org:587 in place of them (the password "
            "percent-encoded).");
  dotenv("SMTP_HOST=\n");
  EXPECT_EQ(refusal(), "no refusal");
}

TEST_F(Load, warns_of_the_mail_server_of_the_original_in_the_environment) {
  inputs.environment["SMTP_HOST"] = "mail.example.org";
  EXPECT_THAT(loaded().warnings,
              ElementsAre(HasSubstr("SMTP_HOST in the environment is not read: write SMTP_URL=")));
}

TEST_F(Load, leaves_the_mail_server_of_the_original_to_others_beside_its_own) {
  inputs.environment = {{"SMTP_HOST", "a"}, {"SMTP_URL", "smtp://b"}, {"MAIL_FROM", "P <p@q>"}};
  dotenv("SMTP_HOST=c\n");
  EXPECT_THAT(loaded().warnings, IsEmpty());
  EXPECT_EQ(loaded().settings.mail.smtp_url, "smtp://b");
  EXPECT_EQ(loaded().settings.mail.from, "P <p@q>");
}

TEST_F(Load, reads_how_jobs_run) {
  inputs.flags = {{"worker-concurrency", "16"}, {"quiet-period", "5s"}, {"queue-prefix", "{a}"}};
  const auto settings = loaded().settings;
  EXPECT_EQ(settings.jobs.concurrency, 16u);
  EXPECT_EQ(settings.jobs.prefix, "{a}");
  EXPECT_EQ(settings.mail.quiet_period, 5s);
  EXPECT_EQ(settings.jobs.worker, WorkerPlace::inside);
}

TEST_F(Load, refuses_workers_apart_where_no_other_process_reaches_the_data) {
  inputs.environment = {{"WORKER", "apart"}, {"REDIS_URL", "redis://somewhere"}};
  EXPECT_THAT(refusal(), HasSubstr("worker is apart, and parley worker needs both"));
  inputs.environment["MONGO_URI"] = "mongodb://somewhere/chat";
  EXPECT_EQ(loaded().settings.jobs.worker, WorkerPlace::apart);
}

TEST_F(Load, keeps_the_password_of_the_mail_server_to_itself) {
  inputs.environment["SMTP_URL"] = "smtp://user:hidden@host:x";
  EXPECT_THAT(refusal(), HasSubstr("SMTP_URL is not usable: it must be a URL such as smtp://"));
  EXPECT_THAT(refusal(), Not(HasSubstr("hidden")));
}

TEST_F(Load, warns_of_nodes_that_would_not_fit_together) {
  inputs.environment["REDIS_URL"] = "redis://somewhere";
  EXPECT_THAT(loaded().warnings, ElementsAre(HasSubstr("messages stay in DATA_DIR")));
  inputs.environment["MONGO_URI"] = "mongodb://somewhere/chat";
  EXPECT_THAT(loaded().warnings, ElementsAre(HasSubstr("logins of one are refused by the others")));
  inputs.environment["ACCESS_TOKEN_SECRET"] = std::string(40, 'a');
  inputs.environment["REFRESH_TOKEN_SECRET"] = std::string(40, 'b');
  EXPECT_THAT(loaded().warnings, IsEmpty());
}

TEST_F(Load, keeps_the_password_of_a_store_to_itself) {
  inputs.environment["MONGO_URI"] = "http://user:hidden@somewhere";
  EXPECT_THAT(refusal(), HasSubstr("MONGO_URI is not usable: it must be a URL"));
  EXPECT_THAT(refusal(), Not(HasSubstr("hidden")));
}

TEST_F(Load, ignores_other_programs_variables_in_the_environment) {
  inputs.environment = {{"PATH", "/bin"}, {"PARLEY_BINARY", "x"}, {"LANG", "C"}};
  EXPECT_THAT(loaded().sources, IsEmpty());
}

TEST_F(Load, refuses_an_unknown_flag) {
  inputs.flags["colour"] = "red";
  EXPECT_EQ(refusal(), "The flag --colour is not known.");
}

TEST_F(Load, warns_of_a_secret_on_the_command_line) {
  inputs.flags["access-token-secret"] = std::string(40, 'x');
  EXPECT_THAT(loaded().warnings,
              Contains("The flag --access-token-secret can be seen by everybody on this machine; "
                       "set ACCESS_TOKEN_SECRET instead."));
}

TEST_F(Load, refuses_settings_that_contradict_each_other) {
  inputs.flags = {{"min-username", "40"}, {"max-username", "20"}};
  EXPECT_THAT(refusal(), HasSubstr("min-username is greater than max-username"));
  inputs.flags = {{"min-password", "60"}, {"max-password", "20"}};
  EXPECT_THAT(refusal(), HasSubstr("min-password is greater than max-password"));
  inputs.flags = {{"access-token-expire", "8d"}};
  EXPECT_THAT(refusal(), HasSubstr("access-token-expire is longer than refresh-token-expire"));
}

TEST_F(Load, warns_when_one_packet_would_overflow_a_connection) {
  inputs.flags = {{"max-queued", "64KiB"}};
  ASSERT_EQ(loaded().warnings.size(), 1u);
  EXPECT_THAT(loaded().warnings[0], HasSubstr("max-queued is less than max-payload"));
}

TEST(Suggest, finds_near_names_only) {
  EXPECT_EQ(suggest_field("prot"), "port");
  EXPECT_EQ(suggest_field("log_level"), "log-level");
  EXPECT_EQ(suggest_field("max-conections"), "max-connections");
  EXPECT_FALSE(suggest_field("colour"));
  EXPECT_FALSE(suggest_field(""));
  EXPECT_FALSE(suggest_field(std::string(10'000, 'p')));
  EXPECT_EQ(suggest_variable("SHARD"), "SHARDS");
}

TEST_F(Load, tls_needs_both_files_and_no_forwarding_between_nodes) {
  config("tls-cert = /c.pem\n");
  EXPECT_THAT(refusal(), HasSubstr("tls-cert is set and tls-key is not"));
  config("tls-key = /k.pem\n");
  EXPECT_THAT(refusal(), HasSubstr("tls-key is set and tls-cert is not"));
  config("tls-cert = /c.pem\ntls-key = /k.pem\nadvertise = 10.0.0.1:8000\n");
  EXPECT_THAT(refusal(), HasSubstr("tls-cert and advertise are both set"));
  config("tls-cert = /c.pem\ntls-key = /k.pem\n");
  EXPECT_TRUE(loaded().settings.has_tls());
}

}  // namespace
}  // namespace parley::app
