#include "settings/verbs.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace parley::app {

CLI::App* add_verb(CLI::App& command, Chosen chosen, const std::string& verb,
                   const std::string& meaning) {
  CLI::App* added = command.add_subcommand(verb, meaning);
  added->fallthrough();
  added->callback([&word = chosen.verb, verb] { word = verb; });
  added->add_flag("--json", chosen.json, "Print what was found or done as JSON");
  return added;
}

}  // namespace parley::app
