#include "api/bodies.hpp"
#include "api/fields.hpp"
#include "api/routes.hpp"
#include "chat/rules.hpp"

namespace parley::api {

namespace {

struct Letter {
  std::string email;
  std::string content;
};

/// bad_request with fields.
Result<Letter> letter_of(const http::Request& request) {
  const auto body = body_of(request);
  if (!body) return body.error();
  Fields fields(*body);
  Letter letter{fields.string("email"), fields.string("content")};
  if (const auto checked = fields.check(); !checked) return checked.error();
  auto address = chat::check_email(letter.email, {});
  if (!address) return address.error();
  if (const auto checked = chat::check_letter(letter.content, {}); !checked) return checked.error();
  letter.email = std::move(*address);
  return letter;
}

/// For administrators only: anybody's mail to anybody would be an open relay.
Task<http::Response> send(const Services& services, http::Request request, chat::Claims claims) {
  const auto account = co_await services.accounts.find(claims.user);
  if (!account) co_return refusal(account.error());
  if (!account->administrator) co_return refusal(fail(Errc::forbidden, "Administrators only"));
  auto letter = letter_of(request);
  if (!letter) co_return refusal(letter.error());
  const Time now = wall_now();
  const auto queued =
      co_await services.mail.letter(std::move(letter->email), std::move(letter->content), now);
  if (!queued) co_return refusal(queued.error());
  co_return json_text(200, R"({"success":true,"message":"Email queued successfully!"})");
}

}  // namespace

void add_mail_routes(http::Router& router, const Services& services) {
  router.route(http::Method::post, "/api/email/send", authorized(services, send),
               long_body(services));
}

}  // namespace parley::api
