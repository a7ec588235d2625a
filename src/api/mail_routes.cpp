#include "api/fields.hpp"
#include "api/routes.hpp"
#include "base/utf8.hpp"
#include "chat/rules.hpp"

namespace parley::api {

namespace {

constexpr std::size_t letter_max = 10'000;  ///< Code points.

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
  const std::size_t length = count_code_points(letter.content);
  if (length == 0) return invalid({{"content", "is empty"}});
  if (length > letter_max) return invalid({{"content", "must be 1 to 10000 characters long"}});
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
               {services.max_body});
}

}  // namespace parley::api
