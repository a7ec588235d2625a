#include "settings/assignments.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "base/trim.hpp"

namespace parley::app {
namespace {

constexpr std::string_view blanks = " \t\r";

bool is_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

/// True when nothing but a comment follows a closing quote.
bool ends_well(std::string_view rest) {
  const auto text = trim(rest, blanks);
  return text.empty() || text.front() == '#';
}

std::string_view bare(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool after_blank = i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t';
    if (text[i] == '#' && after_blank) return trim(text.substr(0, i), blanks);
  }
  return trim(text, blanks);
}

std::optional<char> unescape(char c) {
  if (c == 'n') return '\n';
  if (c == 't') return '\t';
  if (c == '"' || c == '\\') return c;
  return std::nullopt;
}

/// `text` begins with a double quote.
std::optional<std::string> double_quoted(std::string_view text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return ends_well(text.substr(i + 1)) ? std::optional{out} : std::nullopt;
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) break;
    const auto c = unescape(text[i]);
    if (!c) return std::nullopt;
    out += *c;
  }
  return std::nullopt;
}

std::optional<std::string> read_value(std::string_view text) {
  if (text.starts_with('"')) return double_quoted(text);
  if (text.starts_with('\'')) {
    const auto end = text.find('\'', 1);
    if (end == std::string_view::npos || !ends_well(text.substr(end + 1))) return std::nullopt;
    return std::string{text.substr(1, end - 1)};
  }
  return std::string{bare(text)};
}

Result<Assignment> read_line(std::string_view line, std::size_t number) {
  const auto where = "line " + std::to_string(number);
  if (line.starts_with('[')) {
    return fail(Errc::bad_request, where + " is a section; there are none here, only key = value");
  }
  if (line.starts_with("export ")) line = trim(line.substr(7), blanks);
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) {
    return fail(Errc::bad_request, where + " is not of the form key = value");
  }
  const auto key = trim(line.substr(0, equals), blanks);
  if (!is_key(key)) {
    return fail(Errc::bad_request, where + " has no key of letters, digits, - and _ before its =");
  }
  auto value = read_value(trim(line.substr(equals + 1), blanks));
  if (!value) return fail(Errc::bad_request, where + " has a quoted value that does not end well");
  return Assignment{std::string{key}, std::move(*value), number};
}

}  // namespace

Result<std::vector<Assignment>> read_assignments(std::string_view text) {
  std::vector<Assignment> out;
  std::unordered_set<std::string> seen;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // A byte order mark.
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = trim(text.substr(0, end), blanks);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    auto assignment = read_line(line, number);
    if (!assignment) return std::move(assignment).error();
    if (!seen.insert(assignment->key).second) {
      return fail(Errc::bad_request,
                  "line " + std::to_string(number) + " sets " + assignment->key + " again");
    }
    out.push_back(std::move(*assignment));
  }
  return out;
}

}  // namespace parley::app
