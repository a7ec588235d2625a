#pragma once

#include <cstddef>
#include <string>

namespace parley::socketio {

/// `size` characters of A-Z a-z 0-9 - _, each from six random bits: not to be guessed. Any thread.
/// Throws as fill_random.
std::string random_id(std::size_t size = 20);

}  // namespace parley::socketio
