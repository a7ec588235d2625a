#include "settings/documents.hpp"

#include <numeric>

#include "settings/fields.hpp"

namespace parley::app {
namespace {

constexpr auto reference_head = R"(# Settings

<!-- Made by scripts/docs from src/app/settings/fields.cpp: change it there. -->

Every setting can be given in four places; the first one that has it counts:

1. a flag: `parley serve --port 9000`
2. a variable of the environment: `PORT=9000 parley serve`
3. a file `.env` in the working directory: `PORT=9000`
4. a config file: `parley serve --config parley.conf`, or its name in `PARLEY_CONFIG`, with a line `port = 9000`

`parley show-config` prints what is in force and where each value comes from; `parley check-config` says
whether the settings are good, `parley doctor` also whether what they name can be used. An impossible value stops the start, and so does an unknown flag or an unknown
key in the config file, and in `.env` one that is nearly ours; other unknown variables there make a warning. An empty variable counts as not set. The flag of a key is the key with
`--` before it.

Durations are written `500ms`, `30s`, `15m`, `12h` or `7d`; a bare number means seconds. Sizes are bytes, or
`64KiB`, `1MiB`, `1GiB`. In `.env` and in the config file a value with ` #` or with blanks at its ends goes in
quotes; [parley.sample.conf](parley.sample.conf) has every key.

The variables `SMTP_HOST`, `SMTP_PORT`, `SMTP_USER`, `SMTP_PASS`, `EMAIL_USER` and `EMAIL_PASS` of the Node.js
backend that Parley replaces are one URL here, `SMTP_URL`. Without it they stop the start in `.env` and make a
warning in the environment; either says the URL to write.
)";

constexpr auto sample_head = R"(# A config file of Parley: parley serve --config parley.conf
# Made by scripts/docs from src/app/settings/fields.cpp. Every setting is shown with its default; remove the
# # before a key to change it. Flags, the environment and .env beat this file.
)";

std::string join(const std::vector<std::string>& items, std::string_view between) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out += between;
    out += item;
  }
  return out;
}

/// True when `preset` is a value, not a phrase.
bool is_value(const Field& field) {
  Settings ignored;
  return !field.secret && field.read(ignored, field.preset);
}

std::string table_row(const Field& field) {
  const auto preset = is_value(field) ? "`" + field.preset + "`" : field.preset;
  return "| `" + field.name + "` | `" + join(field.variables, "`, `") + "` | " + preset + " | " +
         field.meaning + " It must be " + field.allowed + ". |\n";
}

}  // namespace

std::string reference_document() {
  std::string out = reference_head;
  std::string_view group;
  for (const Field& field : fields()) {
    if (field.group != group) {
      group = field.group;
      out += "\n## " + std::string{group} + "\n\n";
      out += "| key | variable | default | meaning |\n|---|---|---|---|\n";
    }
    out += table_row(field);
  }
  return out;
}

std::string sample_document() {
  std::string out = sample_head;
  std::string_view group;
  for (const Field& field : fields()) {
    if (field.group != group) {
      group = field.group;
      out += "\n# ---- " + std::string{group} + "\n";
    }
    out += "\n# " + field.meaning + "\n# It must be " + field.allowed + ".\n";
    if (is_value(field)) {
      out += "# " + field.name + " = " + field.preset + "\n";
    } else {
      out += "# Default: " + field.preset + ".\n# " + field.name + " =\n";
    }
  }
  return out;
}

std::string settings_in_force(const Loaded& loaded) {
  std::string out;
  std::string_view group;
  for (const Field& field : fields()) {
    if (field.group != group) {
      out += group.empty() ? "" : "\n";
      group = field.group;
      out += "# " + std::string{group} + "\n";
    }
    const auto value = field.write(loaded.settings);
    const auto source = std::string{to_string(loaded.source_of(field.name))};
    if (field.secret) {
      out +=
          "# " + field.name + " is " + value + (value == "set" ? " (" + source + ")" : "") + "\n";
    } else {
      out += field.name + " = " + value + "  # " + source + "\n";
    }
  }
  return out;
}

}  // namespace parley::app
