#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::cluster {

/// The elements of a JSON array as they stand, so that number texts and the order of keys survive.
/// `array` has passed socketio::scan_json; anything but an array has no elements. Borrows.
std::vector<std::string_view> elements(std::string_view array);

/// The value of an object's member as it stands; empty when there is none. Of several with one name
/// the last counts. `object` has passed socketio::scan_json; names with escapes are not found.
/// Borrows.
std::string_view member(std::string_view object, std::string_view name);

/// A string's characters, or a number's digits: JavaScript users name rooms `5` and `"5"`. nullopt
/// for anything else.
std::optional<std::string> text_of(std::string_view value);
/// The strings and numbers of an array; what else is in it is left out.
std::vector<std::string> texts_of(std::string_view array);
/// nullopt unless it is a whole number from 0 to 2^53.
std::optional<std::uint64_t> count_of(std::string_view value);
inline bool is_true(std::string_view value) { return value == "true"; }
inline bool is_object(std::string_view value) { return value.starts_with('{'); }
inline bool is_array(std::string_view value) { return value.starts_with('['); }

}  // namespace parley::cluster
