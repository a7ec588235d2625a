#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::app {

/// The field name that `wrong` was probably meant to be; nullopt when none is near.
std::optional<std::string> suggest_field(std::string_view wrong);
/// The same for variables.
std::optional<std::string> suggest_variable(std::string_view wrong);

}  // namespace parley::app
