#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings.hpp"

namespace parley::app {

/// One setting: the only place where it is described. Flags, variables, `--help`, docs/config.md
/// and docs/parley.sample.conf come from this.
struct Field {
  std::string_view group;  ///< Heading in the help and the documents.
  std::string name;  ///< `rate-limit-auth`: the key in the config file, and the flag with `--`.
  std::vector<std::string> variables;  ///< `RATE_LIMIT_AUTH`; the first one that is set counts.
  std::string allowed;                 ///< Completes "it must be …".
  std::string preset;                  ///< The default as the operator would write it, or a phrase.
  std::string meaning;                 ///< A sentence.
  bool secret = false;                 ///< Its value is never shown.

  std::function<bool(Settings&, std::string_view)> read;  ///< False when the text is not allowed.
  /// Reads back as the same; `set` for a secret.
  std::function<std::string(const Settings&)> write;

  std::string flag() const { return "--" + name; }
};

/// All settings, in the order of the documents.
std::span<const Field> fields();

/// nullptr when there is none with that name.
const Field* find_field(std::string_view name);
const Field* find_field_by_variable(std::string_view variable);

}  // namespace parley::app
