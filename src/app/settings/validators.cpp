#include "settings/validators.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <sstream>
#include <utility>

namespace parley::app {
namespace {

std::string refusal(const std::string& given, const std::string& expected) {
  return "is '" + given + "': it must be " + expected;
}

template <class Number>
CLI::Validator in_range(Number least, Number most, const std::string& kind) {
  std::ostringstream range;
  range.precision(12);
  range << least << " to " << most;
  const std::string expected = kind + " from " + range.str();
  const auto check = [least, most, expected](std::string& given) {
    Number value{};
    const bool is_good = CLI::detail::lexical_cast(given, value) && value >= least && value <= most;
    return is_good ? std::string{} : refusal(given, expected);
  };
  return {check, range.str()};
}

}  // namespace

CLI::Validator between(std::size_t least, std::size_t most) {
  return in_range(least, most, "a whole number");
}

CLI::Validator between(double least, double most) { return in_range(least, most, "a number"); }

CLI::Validator one_of_words(std::vector<std::string> words) {
  std::string all;
  for (const std::string& word : words) all.append(all.empty() ? "" : ", ").append(word);
  const auto check = [words = std::move(words), all](std::string& given) {
    const bool is_good = std::find(words.begin(), words.end(), given) != words.end();
    return is_good ? std::string{} : refusal(given, "one of " + all);
  };
  return {check, "{" + all + "}"};
}

std::string sentence_of(const CLI::ParseError& error) {
  const std::string what = error.what();
  // They name the flag first.
  const auto colon = what.find(": ");
  const std::string name = (what.starts_with("--") ? "The flag " : "") + what.substr(0, colon);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    if (what.starts_with("A subcommand")) return "A command is missing.";
    return what.substr(0, what.find(" is required")) + " is missing.";
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && colon != what.npos)
    return name + (what.find("At Most") == what.npos ? " needs a value." : " is given twice.");
  if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr && colon != what.npos)
    return name + " " + what.substr(colon + 2) + ".";
  return what;
}

}  // namespace parley::app
