#include "socketio/json_members.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace parley::socketio {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Walks over values of a text that is known to be good: each ends before the text does.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  void blanks() {
    while (is_blank(text_[at_])) ++at_;
  }

  /// Past blanks, and past `c` when it stands there.
  bool take(char c) {
    blanks();
    if (text_[at_] != c) return false;
    ++at_;
    return true;
  }

  JsonMembers::Value value() {
    blanks();
    const std::size_t begin = at_;
    has_escapes_ = false;
    const JsonKind kind = skip_value();
    return {kind, has_escapes_, {text_.data() + begin, at_ - begin}};
  }

 private:
  void skip_string() {
    ++at_;
    while (true) {
      at_ += json::plain_prefix({text_.data() + at_, text_.size() - at_});
      if (text_[at_] == '"') break;
      has_escapes_ = true;
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
  bool has_escapes_ = false;  ///< Strings of the value had some.
};

}  // namespace

JsonMembers::JsonMembers(std::string_view text) {
  const auto begin = std::find_if_not(text.begin(), text.end(), is_blank);
  if (begin == text.end() || *begin != '{') return;
  Walker walker{text.substr(static_cast<std::size_t>(begin - text.begin()) + 1)};
  if (walker.take('}')) return;
  do {
    const Value key = walker.value();
    walker.take(':');
    members_.push_back({key, walker.value()});
  } while (walker.take(','));
}

const JsonMembers::Value* JsonMembers::find(std::string_view name) const {
  for (auto member = members_.end(); member != members_.begin();) {
    const Value& key = (--member)->key;
    if (key.has_escapes ? key.string() == name : key.quoted() == name) return &member->value;
  }
  return nullptr;
}

}  // namespace parley::socketio
