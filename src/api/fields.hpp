#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "socketio/json_members.hpp"

namespace parley::api {

/// Reads the members of a JSON object by name and type, and collects what is wrong with them, so
/// that the peer hears of all fields at once. A field of another type is an error, never a
/// conversion.
class Fields {
 public:
  /// `object` outlives the reader.
  explicit Fields(const json::object& object) : object_(&object) {}
  /// Of an event; `members` outlives the reader.
  explicit Fields(const socketio::JsonMembers& members) : members_(&members) {}

  /// "" and an error unless it is there and a string.
  std::string string(std::string_view name);
  /// Absent and null are nullopt.
  std::optional<std::string> optional_string(std::string_view name);
  std::optional<bool> optional_bool(std::string_view name);
  std::optional<std::size_t> optional_count(std::string_view name);
  /// An id of 24 hex digits.
  template <class Id>
  Id id(std::string_view name) {
    return Id{object_id(name)};
  }
  void reject(std::string_view name, std::string_view message);

  /// A bad_request with every field that was wrong.
  Result<Done> check() const;

 private:
  struct Found;

  std::optional<Found> find(std::string_view name) const;
  ObjectId object_id(std::string_view name);
  bool has_error(std::string_view name) const;

  // One of the two.
  const json::object* object_ = nullptr;
  const socketio::JsonMembers* members_ = nullptr;
  std::vector<FieldError> errors_;
};

}  // namespace parley::api
