#pragma once

#include "settings/cli.hpp"

namespace CLI {
class App;
}

namespace parley::app {

// The command lines of those that copy, check, move and prepare what is kept. `command` is theirs;
// what is asked for goes into the other argument, which outlives the parse.

void describe_backup(CLI::App& command, std::filesystem::path& folder);
void describe_restore(CLI::App& command, std::filesystem::path& folder);
void describe_verify(CLI::App& command);
void describe_export(CLI::App& command, ArchiveRequest& request);
void describe_import(CLI::App& command, ArchiveRequest& request);
void describe_migrate(CLI::App& command, MigrateRequest& request);

}  // namespace parley::app
