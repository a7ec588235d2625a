#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace parley::api {

/// Reads the members of a JSON object by name and type, and collects what is wrong with them, so
/// that the peer hears of all fields at once. A field of another type is an error, never a
/// conversion.
class Fields {
 public:
  /// `object` outlives the reader.
  explicit Fields(const json::object& object) : object_(object) {}

  /// "" and an error unless it is there and a string.
  std::string string(std::string_view name);
  /// Absent and null are nullopt.
  std::optional<std::string> optional_string(std::string_view name);
  std::optional<bool> optional_bool(std::string_view name);
  std::optional<std::size_t> optional_count(std::string_view name);
  /// An id of 24 hex digits.
  template <class Id>
  Id id(std::string_view name) {
    const std::string text = string(name);
    const auto parsed = Id::parse(text);
    if (!parsed && !has_error(name)) reject(name, "must be an id of 24 hex digits");
    return parsed.value_or(Id{});
  }
  void reject(std::string_view name, std::string_view message);

  /// A bad_request with every field that was wrong.
  Result<Done> check() const;

 private:
  const json::value* find(std::string_view name) const;
  bool has_error(std::string_view name) const;

  const json::object& object_;
  std::vector<FieldError> errors_;
};

}  // namespace parley::api
