#include "settings/cli.hpp"

#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <optional>
#include <set>

#include "settings/bench_command.hpp"
#include "settings/build_info.hpp"
#include "settings/documents.hpp"
#include "settings/fields.hpp"
#include "settings/job_commands.hpp"
#include "settings/load.hpp"
#include "settings/mail_settings.hpp"
#include "settings/operator_commands.hpp"
#include "settings/owner.hpp"
#include "settings/secrets.hpp"
#include "settings/store_commands.hpp"
#include "settings/suggest.hpp"
#include "settings/validators.hpp"

namespace parley::app {
namespace {

constexpr auto footer = R"(
Examples:
  parley serve                                  development: secrets are made, data goes to ./data
  parley serve --port 9000 --log-level debug
  parley serve --config /etc/parley/parley.conf
  parley check-config --config /etc/parley/parley.conf
  parley show-config                            what is in force, and where each value comes from
  parley backup /var/backups/parley/monday      the folder must not exist yet
  parley jobs list --state failed               mails that could not be sent, and why
  parley user promote ann@example.org           make her an administrator
  parley message trace 507f1f77bcf86cd799439011 whether it has arrived, and why not
  parley top                                    what it is doing now
  parley doctor                                 what is not right, and how to mend it
  parley bench send --users 1000                how fast the server on port 8000 is

Settings come from flags, the environment, .env and the config file, in this order.
Every setting is described in docs/config.md, and by parley show-config --docs reference.

Signals of serve and worker: SIGTERM and SIGINT drain and stop; SIGHUP reads TLS_CERT and TLS_KEY again, and stops
them only where it comes of the terminal that they run in, when that is closed.

Exit codes: 0 done, 1 failed, 2 wrong flag or setting (nothing was started).)";

constexpr auto where_help_is = "Run parley help, or parley help with a command.\n";

/// One run of the program: the parsed command line, and what follows from it.
class Program {
 public:
  Program(const Commands& commands, Surroundings surroundings)
      : commands_(commands), surroundings_(std::move(surroundings)) {
    describe();
  }

  int run(std::vector<std::string> arguments) {
    if (arguments == std::vector<std::string>{"version"}) arguments = {"--version"};
    if (arguments.size() > 1 && arguments.front() == "help") {
      arguments.erase(arguments.begin());
      arguments.emplace_back("--help");
    } else if (arguments == std::vector<std::string>{"help"}) {
      arguments = {"--help"};
    }
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::ExtrasError&) {
      return refuse_extra();
    } catch (const CLI::ParseError& error) {
      // What is missing was misspelt, mostly.
      const bool lacks = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
      if (lacks && !app_.remaining(true).empty()) return refuse_extra();
      if (error.get_exit_code() == 0) {
        if (word_in_place_of_a_command()) return refuse_extra();
        app_.exit(error, surroundings_.out, surroundings_.err);
        return exit_ok;
      }
      surroundings_.err << sentence_of(error) << '\n' << where_help_is;
      return exit_usage;
    }
    return chosen_();
  }

 private:
  void describe() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", version_line());
    app_.footer(footer);
    app_.get_formatter()->column_width(34);

    describe_server();
    describe_stores();
    describe_tools();
    describe_help();
  }

  /// For the list of commands: `run` reads them as the flags that they stand for.
  void describe_help() {
    app_.add_subcommand("help", "Say what a command does and takes: parley help user list")
        ->callback([this] { chosen_ = [] { return exit_usage; }; });
    app_.add_subcommand("version", "Say which version this is")->callback([this] {
      chosen_ = [] { return exit_usage; };
    });
  }

  void describe_server() {
    subcommand("serve", "Run the server", [this] { return with_secrets(commands_.serve); });
    subcommand("worker", "Run background jobs apart from the servers", [this] { return work(); });
    subcommand("check-config", "Say whether the settings are good", [this] { return check(); });
    auto* show =
        subcommand("show-config", "Print the settings in force", [this] { return show_config(); });
    show->add_option("--docs", docs_, "Print a document instead: reference or sample")
        ->check(one_of_words({"reference", "sample"}));
  }

  void describe_stores() {
    describe_backup(*subcommand("backup", "Copy the data consistently; the server may run",
                                asking(commands_.backup, folder_)),
                    folder_);
    describe_restore(*subcommand("restore", "Put a backup where no data is yet; no server may run",
                                 asking(commands_.restore, folder_)),
                     folder_);
    describe_verify(*subcommand("verify-store", "Read everything that is kept and check it",
                                [this] { return with_settings(commands_.verify_store); }));
    describe_export(*subcommand("export", "Write everything that is kept into a file",
                                asking(commands_.export_archive, archive_)),
                    archive_);
    describe_import(*subcommand("import", "Fill a store from the file of an export",
                                asking(commands_.import_archive, archive_)),
                    archive_);
    describe_migrate(*subcommand("migrate", "Prepare a MongoDB database of the Node.js original",
                                 asking(commands_.migrate, migrate_)),
                     migrate_);
  }

  void describe_tools() {
    describe_jobs(*subcommand("jobs", "Look at background jobs, and change them",
                              asking(commands_.jobs, jobs_)),
                  jobs_);
    describe_user(*subcommand("user", "Look at users, and change what only an operator may",
                              asking(commands_.user, user_)),
                  user_);
    describe_message(*subcommand("message", "Say where a message is, and why",
                                 asking(commands_.message, message_)),
                     message_);
    describe_doctor(*subcommand("doctor", "Say what is not right, and how to mend it",
                                [this] { return examine(); }),
                    doctor_);
    describe_top(*subcommand("top", "Watch a server: connections, rates, latencies, queues",
                             [this] { return watch(); }),
                 top_);
    auto* bench = app_.add_subcommand("bench", "Drive a server with many users, and measure it");
    bench->callback([this] { chosen_ = [this] { return commands_.bench(plan_); }; });
    describe_bench(*bench, plan_);
  }

  /// Commands that stand on few settings show those only; they take all of them.
  static bool shows(const std::string& command, const Field& field) {
    static const std::set<std::string> of_all{"serve", "worker", "check-config", "show-config",
                                              "doctor"};
    if (of_all.contains(command)) return true;
    if (command == "top" && (field.name == "host" || field.name == "port")) return true;
    return field.group == "Store" || field.group == "Several nodes";
  }

  CLI::App* subcommand(const std::string& name, const std::string& meaning,
                       std::function<int()> body) {
    auto* command = app_.add_subcommand(name, meaning);
    command->callback([this, body = std::move(body)] { chosen_ = body; });
    command->get_formatter()->column_width(34);
    command
        ->add_option("--config", config_file_,
                     "A config file (docs/parley.sample.conf) [PARLEY_CONFIG]. Every setting of "
                     "parley serve is taken as a flag, too")
        ->type_name("FILE");
    for (const Field& field : fields()) {
      const auto keep = [this, &field](const std::string& value) { flags_[field.name] = value; };
      std::string text = field.meaning + " [";
      for (const auto& variable : field.variables) text += variable + "; ";
      text += "default: " + field.preset + "]";
      command->add_option_function<std::string>(field.flag(), keep, text)
          ->type_name("VALUE")
          ->group(shows(name, field) ? std::string{field.group} : std::string{});
    }
    return command;
  }

  /// The command that was named last.
  const CLI::App& deepest() const {
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
    return *at;
  }

  std::optional<std::string> word_in_place_of_a_command() const {
    if (deepest().get_subcommands(nullptr).empty()) return std::nullopt;
    const auto extras = app_.remaining(true);
    const auto word = std::find_if(extras.begin(), extras.end(), [](const std::string& extra) {
      return !extra.starts_with("-");
    });
    return word == extras.end() ? std::nullopt : std::optional{*word};
  }

  /// `wrong` stands where a command of `parent` belongs.
  int refuse_command(const CLI::App& parent, const std::string& wrong) {
    std::vector<std::string> names;
    for (const CLI::App* known : parent.get_subcommands(nullptr))
      names.push_back(known->get_name());
    const std::string before = &parent == &app_ ? "" : parent.get_name() + " ";
    const auto suggestion = suggest_among(wrong, names);
    surroundings_.err << "There is no command " << before << wrong << '.';
    if (suggestion) surroundings_.err << " Did you mean " << before << *suggestion << '?';
    surroundings_.err << '\n' << where_help_is;
    return exit_usage;
  }

  int refuse_extra() {
    if (const auto wrong = word_in_place_of_a_command()) return refuse_command(deepest(), *wrong);
    for (const auto& extra : app_.remaining(true)) {
      if (!extra.starts_with("--")) {
        surroundings_.err << "The argument '" << extra << "' is not expected here.\n";
        continue;
      }
      const auto name = extra.substr(
          2, extra.find('=') == std::string::npos ? std::string::npos : extra.find('=') - 2);
      auto suggestion = suggest_field(name);
      if (suggestion == name) suggestion.reset();  // A setting, of other commands.
      surroundings_.err << "The flag --" << name << " is not known."
                        << (suggestion ? " Did you mean --" + *suggestion + "?" : "") << '\n';
    }
    surroundings_.err << where_help_is;
    return exit_usage;
  }

  std::optional<Loaded> load_settings() {
    Inputs inputs{flags_, surroundings_.environment, surroundings_.dotenv, std::nullopt};
    if (config_file_.empty()) config_file_ = surroundings_.environment["PARLEY_CONFIG"];
    if (!config_file_.empty()) inputs.config_file = config_file_;
    auto loaded = load(inputs);
    if (!loaded) {
      surroundings_.err << loaded.error().detail << '\n';
      return std::nullopt;
    }
    return std::move(*loaded);
  }

  /// Prints what is wrong with the secrets; false when the start is refused for it.
  bool judge_secrets(Loaded& loaded) {
    const auto findings = check_secrets(loaded.settings);
    for (const auto& problem : findings.problems) surroundings_.err << problem << '\n';
    loaded.warnings.insert(loaded.warnings.end(), findings.warnings.begin(),
                           findings.warnings.end());
    return findings.problems.empty();
  }

  int work() {
    const auto loaded = load_settings();
    if (!loaded) return exit_usage;
    for (const auto& judge : {worker_refusal, worker_secret_refusal}) {
      if (const auto refusal = judge(loaded->settings)) {
        surroundings_.err << *refusal << '\n';
        return exit_usage;
      }
    }
    return with_secrets(commands_.worker);
  }

  int with_secrets(const std::function<int(const Settings&)>& command) {
    auto loaded = load_settings();
    if (!loaded || !judge_secrets(*loaded)) return exit_usage;
    auto ready = check_owner(loaded->settings.store.data_dir);
    if (ready) ready = provide_secrets(loaded->settings);
    if (!ready) {
      surroundings_.err << ready.error().detail << '\n';
      return exit_usage;
    }
    ops::log().configure(loaded->settings.log);
    for (const auto& warning : loaded->warnings) ops::log().warn("setting", {{"warning", warning}});
    return command(loaded->settings);
  }

  int check() {
    auto loaded = load_settings();
    if (!loaded || !judge_secrets(*loaded)) return exit_usage;
    for (const auto& warning : loaded->warnings)
      surroundings_.err << "Warning: " << warning << '\n';
    surroundings_.out << "The settings are fine.\n";
    return exit_ok;
  }

  int examine() {
    auto loaded = load_settings();
    if (!loaded) return exit_usage;
    const auto secrets = check_secrets(loaded->settings);
    doctor_.problems = secrets.problems;
    doctor_.warnings = loaded->warnings;
    doctor_.warnings.insert(doctor_.warnings.end(), secrets.warnings.begin(),
                            secrets.warnings.end());
    ops::Log::Config quiet = loaded->settings.log;
    quiet.level = ops::Level::off;
    ops::log().configure(quiet);
    return commands_.doctor(loaded->settings, doctor_);
  }

  int watch() {
    top_.over_http = flags_.contains("host") || flags_.contains("port");
    return with_settings([this](const Settings& given) { return commands_.top(given, top_); });
  }

  int show_config() {
    if (!docs_.empty()) {
      surroundings_.out << (docs_ == "reference" ? reference_document() : sample_document());
      return exit_ok;
    }
    const auto loaded = load_settings();
    if (!loaded) return exit_usage;
    surroundings_.out << settings_in_force(*loaded);
    return exit_ok;
  }

  /// What a command does that is told `request` besides the settings. Keeps references to both.
  template <class Command, class Request>
  std::function<int()> asking(const Command& command, const Request& request) {
    return [this, &command, &request] {
      return with_settings([&](const Settings& settings) { return command(settings, request); });
    };
  }

  int with_settings(const std::function<int(const Settings&)>& command) {
    const auto loaded = load_settings();
    if (!loaded) return exit_usage;
    ops::log().configure(loaded->settings.log);
    return command(loaded->settings);
  }

  const Commands& commands_;
  Surroundings surroundings_;
  CLI::App app_{"A realtime chat backend in one binary.", "parley"};
  std::map<std::string, std::string> flags_;
  std::string config_file_;
  std::string docs_;
  std::filesystem::path folder_;
  ArchiveRequest archive_;
  MigrateRequest migrate_;
  JobsRequest jobs_;
  UserRequest user_;
  MessageRequest message_;
  DoctorRequest doctor_;
  TopRequest top_;
  load::Plan plan_;
  std::function<int()> chosen_;
};

}  // namespace

Surroundings process_surroundings() {
  Surroundings surroundings{{}, ".env", std::cout, std::cerr};
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    surroundings.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return surroundings;
}

int run(std::vector<std::string> arguments, const Commands& commands, Surroundings surroundings) {
  auto& err = surroundings.err;
  try {
    return Program{commands, std::move(surroundings)}.run(std::move(arguments));
  } catch (const std::exception& error) {
    err << "Failed: " << error.what() << '\n';
    return exit_failed;
  }
}

}  // namespace parley::app
