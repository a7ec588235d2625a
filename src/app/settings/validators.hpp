#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace CLI {
class ParseError;
class Validator;
}  // namespace CLI

namespace parley::app {

// What a flag's value must be. The errors are the house's: `is '0': it must be a number from 1 to
// 9`.

/// From `least` to `most`; whole where they are.
CLI::Validator between(std::size_t least, std::size_t most);
CLI::Validator between(double least, double most);
CLI::Validator one_of_words(std::vector<std::string> words);

/// What CLI11 found wrong, as a sentence of the house.
std::string sentence_of(const CLI::ParseError& error);

}  // namespace parley::app
