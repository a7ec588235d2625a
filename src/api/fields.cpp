#include "api/fields.hpp"

#include <algorithm>

namespace parley::api {

const json::value* Fields::find(std::string_view name) const {
  const json::value* found = object_.if_contains(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

bool Fields::has_error(std::string_view name) const {
  return std::any_of(errors_.begin(), errors_.end(),
                     [&](const FieldError& error) { return error.field == name; });
}

void Fields::reject(std::string_view name, std::string_view message) {
  errors_.push_back({std::string{name}, std::string{message}});
}

std::string Fields::string(std::string_view name) {
  auto found = optional_string(name);
  if (!found && !has_error(name)) reject(name, "is required");
  return std::move(found).value_or("");
}

std::optional<std::string> Fields::optional_string(std::string_view name) {
  const json::value* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) {
    reject(name, "must be a string");
    return std::nullopt;
  }
  return std::string{found->get_string()};
}

std::optional<bool> Fields::optional_bool(std::string_view name) {
  const json::value* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_bool()) {
    reject(name, "must be true or false");
    return std::nullopt;
  }
  return found->get_bool();
}

std::optional<std::size_t> Fields::optional_count(std::string_view name) {
  const json::value* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_int64() || found->get_int64() < 1) {
    reject(name, "must be a whole number above zero");
    return std::nullopt;
  }
  return static_cast<std::size_t>(found->get_int64());
}

Result<Done> Fields::check() const {
  if (errors_.empty()) return Done{};
  return invalid(errors_);
}

}  // namespace parley::api
