#include "api/bodies.hpp"
#include "api/fields.hpp"
#include "api/query.hpp"
#include "api/routes.hpp"
#include "api/wire.hpp"

namespace parley::api {

namespace {

http::Response own_profile(const Result<chat::Account>& account) {
  if (!account) return refusal(account.error());
  std::string answer = "{\"success\":true,\"user\":";
  wire::append_own_user(answer, *account);
  answer += '}';
  return json_text(200, std::move(answer));
}

Task<http::Response> me(const Services& services, http::Request, chat::Claims claims) {
  const auto account = co_await services.accounts.find(claims.user);
  co_return own_profile(account);
}

Task<http::Response> update_me(const Services& services, http::Request request,
                               chat::Claims claims) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  Fields fields(*body);
  chat::ProfilePatch patch{fields.optional_string("name"), fields.optional_string("avatar"),
                           fields.optional_bool("emailNotifications")};
  if (const auto checked = fields.check(); !checked) co_return refusal(checked.error());
  const Time now = wall_now();
  const auto account =
      co_await services.accounts.update_profile(claims.user, std::move(patch), now);
  co_return own_profile(account);
}

Task<http::Response> search(const Services& services, http::Request request, chat::Claims) {
  auto prefix = Parameters(request).text("q").value_or("");
  const auto found = co_await services.accounts.search(std::move(prefix));
  if (!found) co_return refusal(found.error());
  std::string answer = "{\"success\":true,\"users\":[";
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (i != 0) answer += ',';
    wire::append_public_user(answer, (*found)[i]);
  }
  answer += "]}";
  co_return json_text(200, std::move(answer));
}

void append_status(std::string& out, const chat::Presence& presence) {
  out += "\"userId\":\"" + presence.user.hex() + "\",";
  wire::append_presence(out, presence);
  out += '}';
}

Task<http::Response> last_seen(const Services& services, http::Request request, chat::Claims) {
  Parameters parameters(request);
  const auto user = parameters.path_id<chat::UserId>();
  if (const auto checked = parameters.check(); !checked) co_return refusal(checked.error());
  const auto presence = co_await services.presences.status_of(user);
  if (!presence) co_return refusal(presence.error());
  std::string answer = "{\"success\":true,";
  append_status(answer, *presence);
  co_return json_text(200, std::move(answer));
}

Task<http::Response> online(const Services& services, http::Request request, chat::Claims) {
  Parameters parameters(request);
  const auto user = parameters.path_id<chat::UserId>();
  if (const auto checked = parameters.check(); !checked) co_return refusal(checked.error());
  const auto presence = co_await services.presences.status_of(user);
  if (!presence) co_return refusal(presence.error());
  co_return json_text(200, presence->online ? "{\"online\":true}" : "{\"online\":false}");
}

/// The ids of a status question: `ids`, or the original's `userIds`.
Result<std::vector<chat::UserId>> ids_of(const json::object& body) {
  const bool is_original = !body.contains("ids") && body.contains("userIds");
  const std::string name = is_original ? "userIds" : "ids";
  const json::value* list = body.if_contains(name);
  if (list == nullptr) return invalid({{name, "is required"}});
  if (!list->is_array()) return invalid({{name, "must be a list of ids"}});
  std::vector<chat::UserId> ids;
  for (const json::value& entry : list->get_array()) {
    const auto id = entry.is_string() ? chat::UserId::parse(std::string_view{entry.get_string()})
                                      : std::nullopt;
    if (!id) return invalid({{name, "must hold ids of 24 hex digits"}});
    ids.push_back(*id);
  }
  return ids;
}

Task<http::Response> status(const Services& services, http::Request request, chat::Claims) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  auto ids = ids_of(*body);
  if (!ids) co_return refusal(ids.error());
  const auto found = co_await services.presences.status(std::move(*ids));
  if (!found) co_return refusal(found.error());
  std::string answer = "{\"success\":true,\"users\":[";
  for (const chat::Presence& presence : *found) {
    answer += answer.back() == '[' ? "{" : ",{";
    append_status(answer, presence);
  }
  answer += "]}";
  co_return json_text(200, std::move(answer));
}

}  // namespace

void add_user_routes(http::Router& router, const Services& services) {
  router.route(http::Method::get, "/api/users", authorized(services, search));
  router.route(http::Method::get, "/api/users/me", authorized(services, me));
  router.route(http::Method::patch, "/api/users/me", authorized(services, update_me),
               long_body(services));
  router.route(http::Method::post, "/api/users/status", authorized(services, status),
               long_body(services));
  router.route(http::Method::get, "/api/users/:id/last-seen", authorized(services, last_seen));
  router.route(http::Method::get, "/api/users/:id/online", authorized(services, online));
}

}  // namespace parley::api
