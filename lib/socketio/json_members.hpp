#pragma once

#include <boost/container/small_vector.hpp>
#include <string_view>

#include "socketio/json_scan.hpp"

namespace parley::socketio {

/// The members of a JSON object, in a text that scan_json accepted. Borrows from it.
class JsonMembers {
 public:
  struct Value {
    JsonKind kind = JsonKind::null;
    std::string_view text;  ///< As it stands, strings with their quotes.
  };

  /// Of the object that `text` begins with; none when it begins with something else.
  explicit JsonMembers(std::string_view text);
  /// nullptr when there is none; of duplicates the last counts.
  const Value* find(std::string_view name) const;

 private:
  struct Member {
    std::string_view key;  ///< With its quotes.
    Value value;
  };
  boost::container::small_vector<Member, 8> members_;
};

}  // namespace parley::socketio
