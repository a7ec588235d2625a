#include "api/routes.hpp"

namespace parley::api {

namespace {

/// Mail is queued for administrators only. This build has no mail queue, and says so to them.
Task<http::Response> send(const Services& services, http::Request, chat::Claims claims) {
  const auto account = co_await services.accounts.find(claims.user);
  if (!account) co_return refusal(account.error());
  if (!account->administrator) co_return refusal(fail(Errc::forbidden, "Administrators only"));
  co_return refusal(fail(Errc::not_supported));
}

}  // namespace

void add_mail_routes(http::Router& router, const Services& services) {
  router.route(http::Method::post, "/api/email/send", authorized(services, send),
               {services.max_body});
}

}  // namespace parley::api
