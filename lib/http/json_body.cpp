#include "http/json_body.hpp"

#include <utility>

namespace parley::http {

Result<json::object> json_body(const Request& request) {
  if (request.body.empty()) return json::object{};
  if (const auto type = request.headers.find("Content-Type")) {
    const auto media = type->substr(0, type->find(';'));
    const auto end = media.find_last_not_of(" \t");
    if (end == std::string_view::npos || !same_name(media.substr(0, end + 1), "application/json")) {
      return fail(Errc::bad_request, "Content-Type must be application/json");
    }
  }
  auto parsed = json::parse(request.body, {.max_depth = 32});
  if (!parsed) return std::move(parsed).error();
  if (!parsed->is_object()) return fail(Errc::bad_request, "The body must be a JSON object");
  return std::move(parsed->as_object());
}

}  // namespace parley::http
