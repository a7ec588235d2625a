#include "api/query.hpp"
#include "api/routes.hpp"
#include "api/wire.hpp"

namespace parley::api {

namespace {

Task<http::Response> list(const Services& services, http::Request, chat::Claims claims) {
  const Time now = wall_now();
  const auto logins = co_await services.logins.open(claims.user, now);
  if (!logins) co_return refusal(logins.error());
  std::string answer = "{\"success\":true,\"sessions\":[";
  for (std::size_t i = 0; i < logins->size(); ++i) {
    if (i != 0) answer += ',';
    wire::append_session(answer, (*logins)[i], claims.family);
  }
  answer += "]}";
  co_return json_text(200, std::move(answer));
}

Task<http::Response> end(const Services& services, http::Request request, chat::Claims claims) {
  Parameters parameters(request);
  const auto login = parameters.path_id<chat::FamilyId>();
  if (const auto checked = parameters.check(); !checked) co_return refusal(checked.error());
  const Time now = wall_now();
  const auto ended = co_await services.logins.end(claims.user, login, now);
  if (!ended) co_return refusal(ended.error());
  services.close_sockets(claims.user, login);
  co_return http::Response::text(204, "");
}

}  // namespace

void add_session_routes(http::Router& router, const Services& services) {
  router.route(http::Method::get, "/api/auth/sessions", authorized(services, list));
  router.route(http::Method::del, "/api/auth/sessions/:id", authorized(services, end));
}

}  // namespace parley::api
