#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "load/plan.hpp"
#include "settings/settings.hpp"

namespace parley::app {

/// What `parley` ends with.
enum ExitCode : int {
  exit_ok = 0,
  exit_failed = 1,  ///< The command was understood and did not succeed.
  exit_usage = 2,   ///< A wrong flag, setting or secret: nothing was started.
};

/// What `parley export` and `parley import` are told besides the settings.
struct ArchiveRequest {
  std::filesystem::path file;  ///< `-`: standard output, standard input.
  bool verify_only = false;    ///< Import: compare, and write nothing.
  bool quiet = false;          ///< No progress.
  bool json = false;           ///< What was done, as one JSON object.
};

/// What `parley migrate` was asked for.
struct MigrateRequest {
  bool dry_run = false;
  bool json = false;
  bool quiet = false;
};

/// What `parley jobs` was asked for.
struct JobsRequest {
  std::string verb;  ///< `list`, `show`, `retry`, `remove`, `drain`, `pause`, `resume`, `counts`.
  std::string queue = "email-queue";
  std::string state;  ///< Of list and remove; empty: everything that has not completed.
  std::size_t limit = 20;
  std::vector<std::string> ids;
  bool all = false;      ///< Retry and remove: no ids, but every job in that state.
  bool delayed = false;  ///< Drain: delayed jobs, too.
  bool yes = false;      ///< Nobody is asked whether it is meant.
  bool json = false;
};

/// What `parley user` was asked for.
struct UserRequest {
  std::string verb;     ///< `list`, `show`, `create`, …: describe_user.
  std::string email;    ///< Whose: an address or an id.
  bool revoke = false;  ///< Promote: an administrator is one no more.
  bool json = false;
  bool yes = false;           ///< Delete: nobody is asked whether it is meant.
  bool remove_texts = false;  ///< Delete: with the texts of the messages that they sent.
  std::string search{};       ///< List: how the username begins.
  std::size_t limit = 100;    ///< List: the most.
  std::string username{};     ///< Create.
  bool administrator = false, verified = false;  ///< Create.
  bool password_stdin = false;  ///< Create, reset-password: the password is a line of the input.
  std::string session{};        ///< Revoke: only this one.
  std::string file = "-";       ///< Export: where to; `-`: standard output.
};

/// What `parley message` was asked for.
struct MessageRequest {
  std::string id;
  bool json = false;
};

/// What `parley top` was asked for.
struct TopRequest {
  std::chrono::milliseconds interval{2'000};
  bool over_http = false;  ///< --host or --port was given: that server, whatever runs on DATA_DIR.
  bool once = false;
  bool json = false;
};

/// What `parley doctor` was asked for, and what the settings alone said.
struct DoctorRequest {
  bool json = false;
  std::vector<std::string> problems{};  ///< A start would be refused.
  std::vector<std::string> warnings{};
};

/// What the subcommands do, with settings that are merged and checked. `serve` and
/// `worker` get secrets too.
struct Commands {
  std::function<int(const Settings&)> serve;
  std::function<int(const Settings&, const std::filesystem::path&)> backup;
  std::function<int(const Settings&, const std::filesystem::path&)> restore;
  std::function<int(const Settings&)> verify_store;
  std::function<int(const Settings&, const MigrateRequest&)> migrate = {};
  std::function<int(const Settings&, const ArchiveRequest&)> export_archive = {};
  std::function<int(const Settings&, const ArchiveRequest&)> import_archive = {};
  std::function<int(const Settings&)> worker = {};
  std::function<int(const Settings&, const JobsRequest&)> jobs = {};
  std::function<int(const Settings&, const UserRequest&)> user = {};
  std::function<int(const Settings&, const MessageRequest&)> message = {};
  std::function<int(const Settings&, const DoctorRequest&)> doctor = {};
  std::function<int(const Settings&, const TopRequest&)> top = {};
  std::function<int(const load::Plan&)> bench = {};  ///< Of the settings it needs none.
};

/// What a process is given besides its arguments; tests give their own.
struct Surroundings {
  std::map<std::string, std::string> environment;
  std::filesystem::path dotenv;
  std::ostream& out;
  std::ostream& err;
};

/// The environment of this process, `.env` in its working directory, standard output and error.
Surroundings process_surroundings();

/// Reads the command line (`arguments` without the program's name), merges the settings, configures
/// the log and runs the subcommand. Never throws.
int run(std::vector<std::string> arguments, const Commands& commands, Surroundings surroundings);

}  // namespace parley::app
