#pragma once

#include <string>

namespace CLI {
class App;
}

namespace parley::app {

/// The members of a request that every verb of a command sets. Outlives the parse.
struct Chosen {
  std::string& verb;
  bool& json;
};

/// A subcommand of a subcommand, which takes its parent's flags, and --json.
CLI::App* add_verb(CLI::App& command, Chosen chosen, const std::string& verb,
                   const std::string& meaning);

}  // namespace parley::app
