#include "settings/suggest.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "settings/fields.hpp"

namespace parley::app {
namespace {

constexpr std::size_t longest = 64;  ///< Nobody means a longer name; bounds the work.
constexpr std::size_t near = 2;      ///< Edits.

/// Levenshtein's distance: letters to insert, remove or change.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> suggest_among(std::string_view wrong,
                                         const std::vector<std::string>& names) {
  if (wrong.size() > longest) return std::nullopt;
  std::optional<std::string> best;
  std::size_t least = near + 1;
  for (const auto& name : names) {
    const auto edits = distance(wrong, name);
    if (edits >= least || edits * 2 > name.size()) continue;
    least = edits;
    best = name;
  }
  return best;
}

std::optional<std::string> suggest_field(std::string_view wrong) {
  std::vector<std::string> names;
  for (const Field& field : fields()) names.push_back(field.name);
  std::string kebab{wrong};
  std::transform(kebab.begin(), kebab.end(), kebab.begin(), [](unsigned char c) {
    return c == '_' ? '-' : static_cast<char>(std::tolower(c));
  });
  return suggest_among(kebab, names);
}

std::optional<std::string> suggest_variable(std::string_view wrong) {
  std::vector<std::string> names;
  for (const Field& field : fields()) {
    names.insert(names.end(), field.variables.begin(), field.variables.end());
  }
  return suggest_among(wrong, names);
}

}  // namespace parley::app
