#pragma once

#include <string>
#include <string_view>

namespace parley {

/// Letters, digits and -._~, which stand for themselves anywhere in a URL. Source: RFC 3986, 2.3.
bool is_unreserved(char c);

/// Every byte that is not unreserved as %XX: `text` may stand anywhere in a URL.
std::string percent_encoded(std::string_view text);

}  // namespace parley
