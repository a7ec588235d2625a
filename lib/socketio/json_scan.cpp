#include "socketio/json_scan.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "socketio/json_escapes.hpp"
#include "socketio/json_members.hpp"
#include "socketio/placeholders.hpp"

namespace parley::socketio {
namespace {

constexpr std::size_t hard_depth = 64;
constexpr std::size_t max_number = 512;  // characters; JavaScript writes at most 25
constexpr int max_exponent_digits = 4;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c <= ' ' && (c == ' ' || c == '\t' || c == '\n' || c == '\r'); }

/// One pass over a text. Iterative: depth costs a row in `open_`, never stack.
class Scanner {
 public:
  Scanner(std::string_view text, JsonScanLimits limits, JsonMembers* members)
      : text_(text),
        max_depth_(std::min(limits.max_depth, hard_depth)),
        placeholders_(limits.attachments),
        members_(members) {}

  Result<JsonScan> run() {
    skip_spaces();
    if (!value()) return error();
    skip_spaces();
    if (at_ == text_.size()) return scan_;
    refuse("text behind the value");
    return error();
  }

 private:
  /// An open array or object.
  struct Level {
    bool is_object = false;
    Placeholders::Object object{};
  };

  bool refuse(const char* what) {
    what_ = what;
    return false;
  }
  Error error() const {
    return fail(Errc::bad_request,
                std::string{"invalid JSON at byte "} + std::to_string(at_) + ": " + what_);
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  /// One whole value, with everything nested in it.
  bool value() {
    bool more = true;  // a value starts at at_
    while (true) {
      if (more) {
        value_start_ = at_;
        if (!begin_value(more)) return false;
        if (more) continue;
      }
      if (depth_ == 0) return true;
      if (!next_in_level(more)) return false;
    }
  }

  /// Begins the value at at_; `opened` when it is a container whose first element stands next.
  bool begin_value(bool& opened) {
    opened = false;
    const char c = peek();
    if (c == '{' || c == '[') return open(c == '{', opened);
    JsonKind kind;
    if (c == '"') {
      kind = JsonKind::string;
      if (!string()) return false;
    } else if (c == '-' || is_digit(c)) {
      kind = JsonKind::number;
      if (!number()) return false;
    } else if (c == 't' || c == 'f') {
      kind = JsonKind::boolean;
      if (!literal(c == 't' ? "true" : "false")) return false;
    } else if (c == 'n') {
      kind = JsonKind::null;
      if (!literal("null")) return false;
    } else {
      return refuse("no value");
    }
    ended(kind);
    return true;
  }

  bool open(bool is_object, bool& opened) {
    if (depth_ == max_depth_) return refuse("nested too deep");
    ++at_;
    if (depth_ == 1) {
      first_start_ = first_start_ == 0 ? value_start_ : first_start_;
      in_argument_ = members_ != nullptr && commas_ == 1 && !open_[0].is_object && is_object;
    }
    open_[depth_++] = Level{is_object};
    skip_spaces();
    if (peek() == (is_object ? '}' : ']')) return close();
    if (is_object && !key()) return false;
    opened = true;
    return true;
  }

  bool close() {
    const Level& level = open_[depth_ - 1];
    if (!level.object.is_good()) return refuse("placeholder without attachment");
    if (depth_ == 1 && !level.is_object) end_of_top_ = at_;
    ++at_;
    --depth_;
    placeholders_.on_close();
    ended(level.is_object ? JsonKind::object : JsonKind::array);
    return true;
  }

  /// Behind a value inside a container: a comma and the next one, or the end.
  bool next_in_level(bool& more) {
    more = false;
    skip_spaces();
    const bool is_object = open_[depth_ - 1].is_object;
    const char c = peek();
    if (c == ',') {
      ++at_;
      if (depth_ == 1) ++commas_;
      skip_spaces();
      if (is_object && !key()) return false;
      more = true;
      return true;
    }
    if (c == (is_object ? '}' : ']')) return close();
    return refuse("no comma or end");
  }

  bool key() {
    const std::size_t start = at_;
    if (peek() != '"') return refuse("no member name");
    if (!string()) return false;
    const JsonMembers::Value name{JsonKind::string, has_escapes_, text_.substr(start, at_ - start)};
    placeholders_.on_name(open_[depth_ - 1].object, name.text);
    skip_spaces();
    if (peek() != ':') return refuse("no colon");
    ++at_;
    skip_spaces();
    if (notes_members()) {
      key_ = name;
      member_start_ = at_;
    }
    return true;
  }

  bool notes_members() const { return in_argument_ && depth_ == 2; }

  /// A value ended at at_.
  void ended(JsonKind kind) {
    if (depth_ == 0) {
      scan_.kind = kind;
      if (kind == JsonKind::array) finish_array();
      return;
    }
    if (notes_members())
      members_->add(key_, {kind, has_escapes_, text_.substr(member_start_, at_ - member_start_)});
    Level& level = open_[depth_ - 1];
    if (placeholders_.wants_value() && level.is_object)
      placeholders_.on_value(level.object, kind, text_.substr(value_start_, at_ - value_start_));
    if (depth_ == 1 && !level.is_object && first_end_ == 0) {
      if (first_start_ == 0) first_start_ = value_start_;
      first_end_ = at_;
      scan_.first_kind = kind;
    }
  }

  void finish_array() {
    if (first_end_ == 0) return;
    scan_.first = text_.substr(first_start_, first_end_ - first_start_);
    const std::size_t comma = text_.find(',', first_end_);
    if (comma == std::string_view::npos || comma >= end_of_top_) return;
    scan_.rest = text_.substr(comma + 1, end_of_top_ - comma - 1);
  }

  bool literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return refuse("no value");
    at_ += word.size();
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return refuse("no digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    const std::size_t start = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      const std::size_t exponent = at_;
      if (!digits()) return false;
      if (at_ - exponent > max_exponent_digits) return refuse("exponent too long");
    }
    return at_ - start <= max_number || refuse("number too long");
  }

  bool string() {
    ++at_;
    has_escapes_ = false;
    while (true) {
      at_ += json::plain_prefix(text_.substr(at_));
      if (at_ == text_.size()) return refuse("string without end");
      if (text_[at_] == '"') return ++at_, true;
      if (text_[at_] != '\\') return refuse("control character in a string");
      if (!escape()) return false;
    }
  }

  bool escape() {
    has_escapes_ = true;
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (c == 'u') {
      const auto unicode = unicode_escape(text_, at_);
      if (!unicode) return refuse("bad escape");
      scan_.lone_surrogates = scan_.lone_surrogates || unicode->is_lone();
      at_ += unicode->size;
      return true;
    }
    if (c == '\0' || std::string_view{"\"\\/bfnrt"}.find(c) == std::string_view::npos)
      return refuse("bad escape");
    at_ += 2;
    return true;
  }

  std::string_view text_;
  std::size_t max_depth_;
  Placeholders placeholders_;
  JsonScan scan_;
  const char* what_ = "";
  std::size_t at_ = 0;
  std::size_t value_start_ = 0;
  std::size_t first_start_ = 0, first_end_ = 0, end_of_top_ = 0;
  std::size_t depth_ = 0;
  std::size_t commas_ = 0;    ///< Of the top-level array.
  bool has_escapes_ = false;  ///< Of the last string.
  bool in_argument_ = false;  ///< In the object whose members are noted.
  JsonMembers* members_;
  JsonMembers::Value key_;  ///< Of the member that is being read there.
  std::size_t member_start_ = 0;
  std::array<Level, hard_depth> open_{};
};

}  // namespace

Result<JsonScan> scan_json(std::string_view text, JsonScanLimits limits, JsonMembers* members) {
  return Scanner{text, limits, members}.run();
}

}  // namespace parley::socketio
