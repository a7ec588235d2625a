#pragma once

#include <span>

namespace parley {

/// Fills `bytes` with what nobody can guess. Throws std::runtime_error when the system has no
/// randomness: without it no id, token or password is safe to give out.
void fill_random(std::span<unsigned char> bytes);

}  // namespace parley
