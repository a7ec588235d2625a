#include "api/bodies.hpp"
#include "api/fields.hpp"
#include "api/routes.hpp"

namespace parley::api {

namespace {

http::Response said(int status, std::string_view message) {
  return json_text(status, R"({"success":true,"message":")" + std::string{message} + "\"}");
}

/// The same answer, after the same work, whoever has the address.
Task<http::Response> forgot(const Services& services, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  Fields fields(*body);
  std::string email = fields.string("email");
  if (const auto checked = fields.check(); !checked) co_return refusal(checked.error());
  const Time now = wall_now();
  const auto asked = co_await services.recovery.ask_reset(std::move(email), now);
  if (!asked) co_return refusal(asked.error());
  co_return said(202, "If that address has an account, a mail is on its way.");
}

Task<http::Response> reset(const Services& services, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  Fields fields(*body);
  std::string token = fields.string("token");
  std::string password = fields.string("password");
  if (const auto checked = fields.check(); !checked) co_return refusal(checked.error());
  const Time now = wall_now();
  const auto done = co_await services.recovery.reset(std::move(token), std::move(password), now);
  if (!done) co_return refusal(done.error());
  services.end_all(done->user, done->ended, now);
  co_return said(200, "Password changed");
}

Task<http::Response> resend(const Services& services, http::Request, chat::Claims claims) {
  const Time now = wall_now();
  const auto asked = co_await services.recovery.ask_verification(claims.user, now);
  if (!asked) co_return refusal(asked.error());
  co_return said(202, "If your address is not verified yet, a mail is on its way.");
}

Task<http::Response> verify(const Services& services, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  Fields fields(*body);
  std::string token = fields.string("token");
  if (const auto checked = fields.check(); !checked) co_return refusal(checked.error());
  const Time now = wall_now();
  const auto done = co_await services.recovery.verify(std::move(token), now);
  if (!done) co_return refusal(done.error());
  co_return said(200, "E-mail address verified");
}

}  // namespace

void add_recovery_routes(http::Router& router, const Services& services) {
  const auto route = [&](std::string_view path, http::Handler handler) {
    router.route(http::Method::post, path, std::move(handler), small_body(services));
  };
  route("/api/auth/password/forgot", open_to_all(services, forgot));
  route("/api/auth/password/reset", open_to_all(services, reset));
  route("/api/auth/email/resend", authorized(services, resend));
  route("/api/auth/email/verify", open_to_all(services, verify));
}

}  // namespace parley::api
