#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "settings/settings.hpp"

namespace parley::app {

/// Where a value came from; a later one beats an earlier one.
enum class Source { preset, config_file, dotenv, environment, flag };
std::string_view to_string(Source source);

/// Everything that settings are read from.
struct Inputs {
  std::map<std::string, std::string> flags;        ///< By field name.
  std::map<std::string, std::string> environment;  ///< By variable; other programs' are ignored.
  std::filesystem::path dotenv = ".env";           ///< Read when it exists.
  std::optional<std::filesystem::path> config_file;
};

struct Loaded {
  Settings settings;
  std::map<std::string, Source> sources;  ///< By field name; absent means the default.
  std::vector<std::string> warnings;      ///< Sentences.

  Source source_of(const std::string& field) const;
};

/// Merges the sources. An empty value in the environment or in `.env` counts as not set.
/// Errors: bad_request; `detail` has a line for each problem, each a sentence that names source,
/// key, value (never a secret's) and what is allowed.
Result<Loaded> load(const Inputs& inputs);

}  // namespace parley::app
