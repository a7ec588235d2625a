#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "socketio/json_escapes.hpp"
#include "socketio/json_scan.hpp"

namespace parley::socketio {

/// What the open objects say of the attachments they stand for. Source: Socket.IO protocol v5,
/// "Binary event".
class Placeholders {
 public:
  struct Object {
    bool is_placeholder = false;    ///< Has a member "_placeholder": true.
    bool names_attachment = false;  ///< Has a member "num" in range.
    bool is_good() const { return !is_placeholder || names_attachment; }
  };

  /// Without attachments a placeholder is plain data.
  explicit Placeholders(std::size_t attachments) : attachments_(attachments) {}

  /// A member's name, as it stands.
  void on_name(Object& object, std::string_view literal) {
    if (attachments_ > 0) classify(object, literal);
  }
  /// Whether the value of the member that was named last counts.
  bool wants_value() const { return member_ != Member::other; }
  void on_value(Object& object, JsonKind kind, std::string_view text) {
    if (member_ == Member::placeholder) {
      object.is_placeholder = kind == JsonKind::boolean && text == "true";
    } else {
      object.names_attachment = kind == JsonKind::number && is_attachment(text);
    }
    member_ = Member::other;
  }
  /// The end of an object or array, which is neither `true` nor a number.
  void on_close() { member_ = Member::other; }

 private:
  enum class Member : std::uint8_t { other, placeholder, num };

  void classify(Object& object, std::string_view literal) {
    std::string decoded;
    std::string_view name = literal.substr(1, literal.size() - 2);
    if (name.find('\\') != std::string_view::npos) name = decoded = unescape_json_string(literal);
    member_ = name == "_placeholder" ? Member::placeholder
              : name == "num"        ? Member::num
                                     : Member::other;
    // Of duplicates the last counts.
    if (member_ == Member::placeholder) object.is_placeholder = false;
    if (member_ == Member::num) object.names_attachment = false;
  }

  bool is_attachment(std::string_view text) const {
    if (text.size() > 4) return false;
    std::size_t number = 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return false;
      number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    return number < attachments_;
  }

  std::size_t attachments_;
  Member member_ = Member::other;
};

}  // namespace parley::socketio
