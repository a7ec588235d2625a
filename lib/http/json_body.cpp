#include "http/json_body.hpp"

#include <utility>

namespace parley::http {

Result<json::object> json_body(const Request& request) {
  if (request.body.empty()) return json::object{};
  const auto type = request.headers.find("Content-Type");
  if (type && !is_media_type(*type, "application/json")) {
    return fail(Errc::bad_request, "Content-Type must be application/json");
  }
  auto parsed = json::parse(request.body, {.max_depth = 32});
  if (!parsed) return std::move(parsed).error();
  if (!parsed->is_object()) return fail(Errc::bad_request, "The body must be a JSON object");
  return std::move(parsed->as_object());
}

}  // namespace parley::http
