#include "cluster/json_slices.hpp"

#include <charconv>

#include "socketio/json_escapes.hpp"

namespace parley::cluster {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Walks through JSON that is known to be right; stops at its end whatever it is.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  bool take(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// The next value; empty at the end of the text or of what encloses it.
  std::string_view value() {
    skip_spaces();
    const std::size_t begin = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        if (depth == 0) break;
        continue;
      }
      const bool closes = c == ']' || c == '}';
      if (depth == 0 && (closes || c == ',' || c == ':' || is_space(c))) break;
      ++at_;
      if (c == '[' || c == '{') ++depth;
      if (closes && --depth == 0) break;
    }
    return text_.substr(begin, at_ - begin);
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<std::string_view> elements(std::string_view array) {
  std::vector<std::string_view> found;
  Walk walk{array};
  if (!walk.take('[')) return found;
  for (std::string_view value = walk.value(); !value.empty(); value = walk.value()) {
    found.push_back(value);
    if (!walk.take(',')) break;
  }
  return found;
}

std::string_view member(std::string_view object, std::string_view name) {
  std::string_view found;
  Walk walk{object};
  if (!walk.take('{')) return found;
  for (std::string_view key = walk.value(); key.size() >= 2; key = walk.value()) {
    if (!walk.take(':')) break;
    const std::string_view value = walk.value();
    if (key.substr(1, key.size() - 2) == name) found = value;
    if (!walk.take(',')) break;
  }
  return found;
}

std::optional<std::string> text_of(std::string_view value) {
  if (value.starts_with('"')) return socketio::unescape_json_string(value);
  const bool is_number =
      !value.empty() && (value[0] == '-' || (value[0] >= '0' && value[0] <= '9'));
  return is_number ? std::optional<std::string>{value} : std::nullopt;
}

std::vector<std::string> texts_of(std::string_view array) {
  std::vector<std::string> texts;
  for (const std::string_view element : elements(array)) {
    if (auto text = text_of(element)) texts.push_back(std::move(*text));
  }
  return texts;
}

std::optional<std::uint64_t> count_of(std::string_view value) {
  std::uint64_t count = 0;
  const char* const end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, count);
  if (parsed.ec != std::errc{} || parsed.ptr != end || count > (1ULL << 53)) return std::nullopt;
  return count;
}

}  // namespace parley::cluster
