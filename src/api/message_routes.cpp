#include "api/bodies.hpp"
#include "api/fields.hpp"
#include "api/routes.hpp"
#include "api/wire.hpp"

namespace parley::api {

namespace {

Task<http::Response> send(const Services& services, http::Request request, chat::Claims claims) {
  const auto body = body_of(request);
  if (!body) co_return refusal(body.error());
  Fields fields(*body);
  chat::NewMessage draft{claims.user, fields.id<chat::UserId>("receiverId"),
                         fields.string("content"), fields.optional_string("clientId"),
                         services.messaging.now()};
  if (const auto checked = fields.check(); !checked) co_return refusal(checked.error());
  const auto sent = co_await services.messaging.send(std::move(draft));
  if (!sent) co_return refusal(sent.error());
  std::string answer = "{\"success\":true,\"message\":";
  wire::append_message(answer, sent->message, wire::Viewer::sender);
  answer += '}';
  co_return json_text(201, std::move(answer));
}

}  // namespace

void add_message_routes(http::Router& router, const Services& services) {
  router.route(http::Method::post, "/api/messages", authorized(services, send),
               long_body(services));
}

}  // namespace parley::api
