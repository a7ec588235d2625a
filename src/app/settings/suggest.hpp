#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::app {

/// The one of `names` that `wrong` was probably meant to be; nullopt when none is near.
std::optional<std::string> suggest_among(std::string_view wrong,
                                         const std::vector<std::string>& names);
/// The field name that `wrong` was probably meant to be; nullopt when none is near.
std::optional<std::string> suggest_field(std::string_view wrong);
/// The same for variables.
std::optional<std::string> suggest_variable(std::string_view wrong);

}  // namespace parley::app
