#include "app/table.hpp"

#include <algorithm>
#include <ostream>

#include "base/utf8.hpp"

namespace parley::app {

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return {};
  return value->is_string() ? std::string{value->get_string()} : json::serialize(*value);
}

/// `2026-11-24 12:00:00` of an ISO time.
std::string clock_of(std::string time) {
  if (time.size() < 19) return time;
  time[10] = ' ';
  time.resize(19);
  return time;
}

void print_table(std::ostream& out, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], count_code_points(row[i]));
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - count_code_points(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool begins = (byte & 0xC0) != 0x80;
    if (begins && characters++ == limit) return out + "…";
    out += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  // U+0080 to U+009F are controls, too.
  for (std::size_t at = 0; (at = out.find('\xC2', at)) != std::string::npos; ++at) {
    if (at + 1 < out.size() && static_cast<unsigned char>(out[at + 1]) < 0xA0)
      out.replace(at, 2, " ");
  }
  return out;
}

}  // namespace parley::app
