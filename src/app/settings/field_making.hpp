#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "settings/fields.hpp"

namespace parley::app {

// How the lists of fields are written: fields.cpp, mail_fields.cpp.

inline std::string variable_name(std::string_view name) {
  std::string out{name};
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(c));
  });
  return out;
}

/// Finds a member of one of the groups of a Settings, for reading and for writing.
template <class Group, class Member>
auto in(Group Settings::*group, Member Group::*member) {
  return [ group, member ](auto& settings) -> auto& { return settings.*group.*member; };
}

/// A field whose value is the member that `at` finds in a Settings.
template <class Kind, class At>
inline Field make(std::string_view group, std::string_view name, Kind kind, At at,
                  std::string meaning) {
  Field field;
  field.group = group;
  field.name = name;
  field.variables = {variable_name(name)};
  field.allowed = kind.allowed();
  Settings defaults;
  field.preset = kind.write(at(defaults));
  field.meaning = std::move(meaning);
  field.read = [kind, at](Settings& settings, std::string_view text) {
    auto value = kind.read(text);
    if (!value) return false;
    using Member = std::remove_reference_t<decltype(at(settings))>;
    at(settings) = static_cast<Member>(std::move(*value));
    return true;
  };
  field.write = [kind, at](const Settings& settings) { return kind.write(at(settings)); };
  return field;
}

inline Field with_preset(Field field, std::string preset) {
  field.preset = std::move(preset);
  return field;
}

inline Field secret(Field field) {
  field.secret = true;
  return with_preset(
      std::move(field),
      "made at the first start and kept in DATA_DIR/secrets; in production it must be set");
}

/// A secret that is absent by default, and what is done then.
inline Field private_one(Field field, std::string otherwise) {
  field.secret = true;
  return with_preset(std::move(field), std::move(otherwise));
}

inline Field with_variables(Field field, std::vector<std::string> variables) {
  field.variables = std::move(variables);
  return field;
}

}  // namespace parley::app
