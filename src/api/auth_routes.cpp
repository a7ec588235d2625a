#include "api/bodies.hpp"
#include "api/fields.hpp"
#include "api/routes.hpp"
#include "api/wire.hpp"
#include "ops/log.hpp"

namespace parley::api {

namespace {

void append_tokens(std::string& out, const chat::TokenPair& tokens) {
  // Base64url and dots: nothing that JSON escapes.
  out += "\"accessToken\":\"" + tokens.access + "\",\"refreshToken\":\"" + tokens.refresh + '"';
}

/// Who gets no mail is registered all the same: a password reset verifies the address as well.
Task<void> queue_verification(const Services& services, chat::UserId user, Time now) {
  const auto queued = co_await services.mail.verification(user, now);
  if (queued) co_return;
  ops::log().warn("verification mail not queued", {{"code", info(queued.error().code).code}});
}

Task<http::Response> register_account(const Services& services, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  Fields fields(*body);
  chat::Registration registration{fields.string("username"), fields.string("email"),
                                  fields.string("password")};
  if (const auto checked = fields.check(); !checked) co_return refusal(checked.error());
  const Time now = wall_now();
  const auto account = co_await services.accounts.register_account(std::move(registration), now);
  if (!account) co_return refusal(account.error());
  const chat::UserId user = account->id;
  if (services.require_verified_email) co_await queue_verification(services, user, now);
  std::string answer = R"({"message":"User registered successfully","user":)";
  wire::append_own_user(answer, *account);
  answer += '}';
  co_return json_text(201, std::move(answer));
}

Task<http::Response> login(const Services& services, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  Fields fields(*body);
  std::string email = fields.string("email");
  std::string password = fields.string("password");
  if (const auto checked = fields.check(); !checked) co_return refusal(checked.error());
  const auto account = co_await services.accounts.login(std::move(email), std::move(password));
  if (!account) co_return refusal(account.error());
  chat::Account proved = *account;
  const Time now = wall_now();
  const auto tokens = co_await services.logins.begin(services.sessions, std::move(proved), now);
  if (!tokens) co_return refusal(tokens.error());
  std::string answer = R"({"message":"Login successful",)";
  append_tokens(answer, *tokens);
  answer += ",\"user\":";
  wire::append_own_user(answer, *account);
  answer += '}';
  co_return json_text(200, std::move(answer));
}

/// The refresh token in the body; bad_request.
Result<std::string> refresh_token_of(const http::Request& request) {
  const auto body = body_of(request);
  if (!body) return body.error();
  Fields fields(*body);
  std::string token = fields.string("refreshToken");
  if (const auto checked = fields.check(); !checked) return checked.error();
  return token;
}

Task<http::Response> refresh(const Services& services, http::Request request) {
  const auto token = refresh_token_of(request);
  if (!token) co_return refusal(token.error());
  const Time now = wall_now();
  const auto tokens = co_await services.sessions.refresh(*token, now);
  if (!tokens) {
    if (tokens.error().code == Errc::unauthorized) {
      // A genuine token that is refused was used before: its login is over.
      const auto over = co_await services.sessions.logout(*token, now);
      if (over) services.close_sockets(over->user, over->family);
    }
    co_return refusal(tokens.error());
  }
  std::string answer = "{";
  append_tokens(answer, *tokens);
  answer += '}';
  co_return json_text(200, std::move(answer));
}

Task<http::Response> logout(const Services& services, http::Request request) {
  auto token = refresh_token_of(request);
  if (!token) co_return refusal(token.error());
  const Time now = wall_now();
  const auto revoked = co_await services.sessions.logout(std::move(*token), now);
  if (!revoked) co_return refusal(revoked.error());
  services.close_sockets(revoked->user, revoked->family);
  co_return http::Response::text(204, "");
}

Task<http::Response> logout_all(const Services& services, http::Request, chat::Claims claims) {
  const auto revoked = co_await services.sessions.logout_all(claims.user);
  if (!revoked) co_return refusal(revoked.error());
  services.end_all(claims.user, *revoked, wall_now());
  co_return http::Response::text(204, "");
}

Task<http::Response> change_password(const Services& services, http::Request request,
                                     chat::Claims claims) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  Fields fields(*body);
  chat::PasswordChange wish{claims.user, claims.family, fields.string("currentPassword"),
                            fields.string("newPassword")};
  if (const auto checked = fields.check(); !checked) co_return refusal(checked.error());
  const Time now = wall_now();
  const auto ended = co_await services.logins.change_password(std::move(wish), now);
  if (!ended) co_return refusal(ended.error());
  for (const chat::FamilyId& login : *ended) services.close_sockets(claims.user, login);
  co_return http::Response::text(204, "");
}

Task<http::Response> delete_account(const Services& services, http::Request request,
                                    chat::Claims claims) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  Fields fields(*body);
  std::string password = fields.string("password");
  if (const auto checked = fields.check(); !checked) co_return refusal(checked.error());
  const auto confirmed = co_await services.accounts.confirm(claims.user, std::move(password));
  if (!confirmed) co_return refusal(confirmed.error());
  const auto erased = co_await services.erase(claims.user);
  if (!erased) co_return refusal(erased.error());
  co_return http::Response::text(204, "");
}

}  // namespace

void add_auth_routes(http::Router& router, const Services& services) {
  const auto route = [&](std::string_view path, OpenHandler handler) {
    router.route(http::Method::post, path, open_to_all(services, std::move(handler)),
                 small_body(services));
  };
  route("/api/auth/register", register_account);
  route("/api/auth/login", login);
  route("/api/auth/refresh", refresh);
  route("/api/auth/logout", logout);
  const auto own_route = [&](std::string_view path, AuthorizedHandler handler) {
    router.route(http::Method::post, path, authorized(services, std::move(handler)),
                 small_body(services));
  };
  own_route("/api/auth/logout-all", logout_all);
  own_route("/api/auth/change-password", change_password);
  own_route("/api/auth/delete-account", delete_account);
}

}  // namespace parley::api
