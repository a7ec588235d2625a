#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace parley {

/// For `std::unordered_map<std::string, T, StringHash, std::equal_to<>>`, which is searched by a
/// string_view without making a string of it.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

}  // namespace parley
