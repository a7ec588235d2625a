#include "api/routes.hpp"

#include "api/wire.hpp"
#include "base/time.hpp"
#include "http/json_body.hpp"

namespace parley::api {

namespace {

constexpr std::string_view bearer = "Bearer ";
/// What `Retry-After` says when a bounded queue was full.
constexpr std::string_view retry_after_seconds = "1";

/// nullopt unless the header has the form `Bearer <token>`.
std::optional<std::string> bearer_token(const http::Request& request) {
  const auto header = request.headers.find("authorization");
  if (!header || !header->starts_with(bearer) || header->size() == bearer.size())
    return std::nullopt;
  return std::string{header->substr(bearer.size())};
}

Task<http::Response> refused(Error error) { co_return refusal(error); }

}  // namespace

http::Response refusal(const Error& error) {
  http::Response response = json_text(info(error.code).http_status, wire::error_body(error));
  if (error.code == Errc::overloaded)
    response.headers.set("Retry-After", std::string{retry_after_seconds});
  return response;
}

http::Response json_text(int status, std::string body) {
  return http::Response::text(status, std::move(body), "application/json; charset=utf-8");
}

Result<json::object> body_of(const http::Request& request) { return http::json_body(request); }

Result<chat::Claims> authenticate(const Services& services, const http::Request& request) {
  const auto token = bearer_token(request);
  if (!token) return fail(Errc::unauthorized, "Not authorized");
  return services.sessions.authenticate(*token, wall_now());
}

http::Handler open_to_all(const Services& services, OpenHandler handler) {
  return [&services, handler = std::move(handler)](http::Request request) {
    return handler(services, std::move(request));
  };
}

http::Handler authorized(const Services& services, AuthorizedHandler handler) {
  return [&services, handler = std::move(handler)](http::Request request) {
    auto claims = authenticate(services, request);
    if (!claims) return refused(std::move(claims).error());
    return handler(services, std::move(request), *claims);
  };
}

}  // namespace parley::api
