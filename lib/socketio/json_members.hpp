#pragma once

#include <boost/container/small_vector.hpp>
#include <string>
#include <string_view>

#include "socketio/json_escapes.hpp"
#include "socketio/json_scan.hpp"

namespace parley::socketio {

/// The members of a JSON object as they stand in a text, noted while scan_json checks it. Of an
/// object with more than `most` of them there are none. Borrows from the text.
class JsonMembers {
 public:
  struct Value {
    JsonKind kind = JsonKind::null;
    bool has_escapes = false;  ///< Of a string: its characters are not what stands there.
    std::string_view text;     ///< As it stands, strings with their quotes.

    /// Of a string: what stands between the quotes.
    std::string_view quoted() const { return {text.data() + 1, text.size() - 2}; }
    /// Of a string: its characters.
    std::string string() const {
      return has_escapes ? unescape_json_string(text) : std::string{quoted()};
    }
  };

  /// A member takes many times the room of its text, and nobody asks for so many.
  static constexpr std::size_t most = 1'000;

  void add(const Value& key, const Value& value) {
    if (members_.size() <= most) members_.push_back({key, value});
  }
  /// nullptr when there is none; of duplicates the last counts.
  const Value* find(std::string_view name) const {
    if (members_.size() > most) return nullptr;
    for (auto member = members_.end(); member != members_.begin();) {
      const Value& key = (--member)->key;
      if (key.has_escapes ? key.string() == name : key.quoted() == name) return &member->value;
    }
    return nullptr;
  }

 private:
  struct Member {
    Value key, value;
  };
  boost::container::small_vector<Member, 8> members_;
};

}  // namespace parley::socketio
