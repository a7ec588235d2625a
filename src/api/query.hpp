#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/message.hpp"

namespace parley::api {

/// Reads the query's parameters and the path's ids, and collects what is wrong with them.
class Parameters {
 public:
  explicit Parameters(const http::Request& request) : request_(request) {}

  std::optional<std::string> text(std::string_view name) const;
  /// A whole number above zero.
  std::optional<std::size_t> count(std::string_view name);
  template <class Id>
  std::optional<Id> optional_id(std::string_view name) {
    const auto value = text(name);
    if (!value) return std::nullopt;
    return parse<Id>(name, *value);
  }
  /// The path's first parameter.
  template <class Id>
  Id path_id() {
    return parse<Id>("id", request_.params.front()).value_or(Id{});
  }

  /// A bad_request with every parameter that was wrong.
  Result<Done> check() const;

 private:
  template <class Id>
  std::optional<Id> parse(std::string_view name, std::string_view value) {
    const auto id = Id::parse(value);
    if (!id) reject(name, "must be an id of 24 hex digits");
    return id;
  }
  void reject(std::string_view name, std::string_view message);

  const http::Request& request_;
  std::vector<FieldError> errors_;
};

}  // namespace parley::api
