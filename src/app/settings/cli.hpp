#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

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

/// What the subcommands do, with settings that are merged and checked. `serve` gets secrets too.
struct Commands {
  std::function<int(const Settings&)> serve;
  std::function<int(const Settings&, const std::filesystem::path&)> backup;
  std::function<int(const Settings&, const std::filesystem::path&)> restore;
  std::function<int(const Settings&)> verify_store;
  std::function<int(const Settings&, const MigrateRequest&)> migrate = {};
  std::function<int(const Settings&, const ArchiveRequest&)> export_archive = {};
  std::function<int(const Settings&, const ArchiveRequest&)> import_archive = {};
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
