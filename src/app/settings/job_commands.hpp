#pragma once

#include "settings/cli.hpp"

namespace CLI {
class App;
}

namespace parley::app {

// The command line of `parley jobs`. `command` is its own; the subcommands that are added take its
// flags, too. What is asked for goes into `request`, which outlives the parse.

void describe_jobs(CLI::App& command, JobsRequest& request);

}  // namespace parley::app
