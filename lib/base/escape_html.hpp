#pragma once

#include <string>
#include <string_view>

namespace parley {

/// `text` as it may stand in HTML, in quoted attributes too.
std::string escape_html(std::string_view text);

}  // namespace parley
