#pragma once

#include "settings/cli.hpp"

namespace CLI {
class App;
}

namespace parley::app {

// The command lines of `parley user`, `message`, `doctor` and `top`. `command` is theirs;
// the subcommands that are added take its flags, too. What is asked for goes into `request`, which
// outlives the parse.

void describe_user(CLI::App& command, UserRequest& request);
void describe_message(CLI::App& command, MessageRequest& request);
void describe_doctor(CLI::App& command, DoctorRequest& request);
void describe_top(CLI::App& command, TopRequest& request);

}  // namespace parley::app
