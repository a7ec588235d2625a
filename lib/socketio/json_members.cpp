#include "socketio/json_members.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace parley::socketio {
namespace {

constexpr std::string_view blank = " \t\r\n";

/// Walks over values of a text that is known to be good.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  void blanks() { at_ = text_.find_first_not_of(blank, at_); }

  /// Past blanks, and past `c` when it stands there.
  bool take(char c) {
    blanks();
    if (text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view string() {
    const std::size_t begin = at_;
    skip_string();
    return text_.substr(begin, at_ - begin);
  }

  JsonMembers::Value value() {
    blanks();
    const std::size_t begin = at_;
    const JsonKind kind = skip_value();
    return {kind, text_.substr(begin, at_ - begin)};
  }

 private:
  void skip_string() {
    ++at_;
    while (true) {
      at_ += json::plain_prefix(text_.substr(at_));
      if (text_[at_] == '"') break;
      at_ += 2;
    }
    ++at_;
  }

  JsonKind skip_value() {
    switch (text_[at_]) {
      case '"':
        skip_string();
        return JsonKind::string;
      case '{':
        skip_nested();
        return JsonKind::object;
      case '[':
        skip_nested();
        return JsonKind::array;
      case 't':
        at_ += 4;
        return JsonKind::boolean;
      case 'f':
        at_ += 5;
        return JsonKind::boolean;
      case 'n':
        at_ += 4;
        return JsonKind::null;
      default:
        at_ = text_.find_first_of(" \t\r\n,]}", at_);
        return JsonKind::number;
    }
  }

  void skip_nested() {
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    } while (depth > 0);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

JsonMembers::JsonMembers(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos || text[begin] != '{') return;
  Walker walker{text.substr(begin + 1)};
  if (walker.take('}')) return;
  do {
    walker.blanks();
    const std::string_view key = walker.string();
    walker.take(':');
    members_.push_back({key, walker.value()});
  } while (walker.take(','));
}

const JsonMembers::Value* JsonMembers::find(std::string_view name) const {
  const auto is_named = [name](const Member& member) {
    const std::string_view key = member.key.substr(1, member.key.size() - 2);
    return key == name ||
           (key.find('\\') != std::string_view::npos && unescape_json_string(member.key) == name);
  };
  const auto found = std::find_if(members_.rbegin(), members_.rend(), is_named);
  return found == members_.rend() ? nullptr : &found->value;
}

}  // namespace parley::socketio
