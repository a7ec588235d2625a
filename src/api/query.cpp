#include "api/query.hpp"

#include <charconv>

namespace parley::api {

std::optional<std::string> Parameters::text(std::string_view name) const {
  const auto value = http::find(request_.query, name);
  if (!value) return std::nullopt;
  return std::string{*value};
}

std::optional<std::size_t> Parameters::count(std::string_view name) {
  const auto value = http::find(request_.query, name);
  if (!value) return std::nullopt;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc{} || end != value->data() + value->size() || number == 0) {
    reject(name, "must be a whole number above zero");
    return std::nullopt;
  }
  return number;
}

void Parameters::reject(std::string_view name, std::string_view message) {
  errors_.push_back({std::string{name}, std::string{message}});
}

Result<Done> Parameters::check() const {
  if (errors_.empty()) return Done{};
  return invalid(errors_);
}

}  // namespace parley::api
