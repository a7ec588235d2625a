#include "api/fields.hpp"

#include <algorithm>
#include <charconv>

namespace parley::api {

/// A member as either source gives it.
struct Fields::Found {
  const json::value* value = nullptr;  ///< nullptr: `text` is what there is.
  socketio::JsonMembers::Value text{};

  bool is_string() const {
    return value != nullptr ? value->is_string() : text.kind == socketio::JsonKind::string;
  }
  std::string string() const {
    return value != nullptr ? std::string{value->get_string()} : text.string();
  }
  std::optional<bool> boolean() const {
    if (value != nullptr) return value->is_bool() ? std::optional{value->get_bool()} : std::nullopt;
    if (text.kind != socketio::JsonKind::boolean) return std::nullopt;
    return text.text == "true";
  }
  std::optional<std::int64_t> integer() const {
    if (value != nullptr)
      return value->is_int64() ? std::optional{value->get_int64()} : std::nullopt;
    std::int64_t number = 0;
    const char* end = text.text.data() + text.text.size();
    const auto [stop, error] = std::from_chars(text.text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
  }
};

/// Null is absent.
std::optional<Fields::Found> Fields::find(std::string_view name) const {
  if (members_ != nullptr) {
    const auto* found = members_->find(name);
    if (found == nullptr || found->kind == socketio::JsonKind::null) return std::nullopt;
    return Found{nullptr, *found};
  }
  const json::value* found = object_->if_contains(name);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return Found{found};
}

ObjectId Fields::object_id(std::string_view name) {
  const auto found = find(name);
  std::optional<ObjectId> parsed;
  if (found && found->text.kind == socketio::JsonKind::string)  // digits between quotes, mostly
    parsed = object_id_from_hex(found->text.quoted());
  if (!parsed) parsed = object_id_from_hex(string(name));
  if (!parsed && !has_error(name)) reject(name, "must be an id of 24 hex digits");
  return parsed.value_or(ObjectId{});
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
  const auto found = find(name);
  if (!found) return std::nullopt;
  if (found->is_string()) return found->string();
  reject(name, "must be a string");
  return std::nullopt;
}

std::optional<bool> Fields::optional_bool(std::string_view name) {
  const auto found = find(name);
  if (!found) return std::nullopt;
  const auto boolean = found->boolean();
  if (!boolean) reject(name, "must be true or false");
  return boolean;
}

std::optional<std::size_t> Fields::optional_count(std::string_view name) {
  const auto found = find(name);
  if (!found) return std::nullopt;
  if (const auto number = found->integer(); number && *number >= 1)
    return static_cast<std::size_t>(*number);
  reject(name, "must be a whole number above zero");
  return std::nullopt;
}

Result<Done> Fields::check() const {
  if (errors_.empty()) return Done{};
  return invalid(errors_);
}

}  // namespace parley::api
