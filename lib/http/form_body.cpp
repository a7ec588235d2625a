#include "http/form_body.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "http/detail/target.hpp"

namespace parley::http {

Result<Query> form_body(const Request& request) {
  if (request.body.empty()) return Query{};
  constexpr std::string_view form_type = "application/x-www-form-urlencoded";
  const auto type = request.headers.find("Content-Type");
  if (type && !is_media_type(*type, form_type)) {
    return fail(Errc::bad_request, "Content-Type must be " + std::string{form_type});
  }
  Query fields = detail::parse_query(request.body);
  const bool is_text = std::all_of(fields.begin(), fields.end(), [](const auto& field) {
    return is_utf8(field.first) && is_utf8(field.second);
  });
  if (!is_text) return fail(Errc::bad_request, "The form must be UTF-8");
  return fields;
}

}  // namespace parley::http
