#pragma once

#include <algorithm>
#include <cstddef>

#include "api/services.hpp"

namespace parley::api {

/// Bytes of the bodies of calls about accounts and of forms: some texts and a token. Anybody may
/// send them, and many may stop short of their end.
inline std::size_t small_body(const Services& services) {
  return std::min<std::size_t>(services.max_body, 8 * 1024);
}

}  // namespace parley::api
