#include "api/query.hpp"
#include "api/routes.hpp"
#include "api/summaries.hpp"
#include "api/wire.hpp"
#include "base/json.hpp"

namespace parley::api {

namespace {

Task<http::Response> list(const Services& services, http::Request request, chat::Claims claims,
                          LastMessage form) {
  Parameters parameters(request);
  auto cursor = parameters.text("cursor");
  const auto limit = parameters.count("limit");
  if (const auto checked = parameters.check(); !checked) co_return refusal(checked.error());
  auto page = co_await services.messaging.conversations(claims.user, std::move(cursor), limit);
  if (!page) co_return refusal(page.error());
  const auto conversations =
      co_await render_summaries(services, claims.user, std::move(page->summaries), form);
  if (!conversations) co_return refusal(conversations.error());
  std::string answer = "{\"success\":true,\"conversations\":" + *conversations + ",\"nextCursor\":";
  if (page->next_cursor) {
    json::append_string(answer, *page->next_cursor);
  } else {
    answer += "null";
  }
  if (page->as_of) {
    answer += ",\"syncCursor\":";
    json::append_string(answer, chat::to_cursor(*page->as_of));
  }
  answer += '}';
  co_return json_text(200, std::move(answer));
}

Task<http::Response> history(const Services& services, http::Request request, chat::Claims claims) {
  Parameters parameters(request);
  chat::HistoryQuery query;
  query.conversation_id = parameters.path_id<chat::ConversationId>();
  query.viewer = claims.user;
  query.before = parameters.optional_id<chat::MessageId>("before");
  query.after = parameters.optional_id<chat::MessageId>("after");
  query.limit = parameters.count("limit").value_or(query.limit);
  if (const auto checked = parameters.check(); !checked) co_return refusal(checked.error());
  const auto page = co_await services.messaging.history(query);
  if (!page) co_return refusal(page.error());
  const auto next = chat::next_cursor(query, *page);
  std::string answer = "{\"success\":true,\"messages\":";
  wire::append_messages(answer, page->messages, claims.user);
  answer += ",\"nextCursor\":" + (next ? '"' + next->hex() + '"' : std::string{"null"});
  answer += page->has_more ? ",\"hasMore\":true}" : ",\"hasMore\":false}";
  co_return json_text(200, std::move(answer));
}

AuthorizedHandler list_with(LastMessage form) {
  return [form](const Services& services, http::Request request, chat::Claims claims) {
    return list(services, std::move(request), claims, form);
  };
}

}  // namespace

void add_conversation_routes(http::Router& router, const Services& services) {
  router.route(http::Method::get, "/api/conversations",
               authorized(services, list_with(LastMessage::text)));
  router.route(http::Method::get, "/api/conversations/list",
               authorized(services, list_with(LastMessage::whole)));
  router.route(http::Method::get, "/api/conversations/:id/messages", authorized(services, history));
}

}  // namespace parley::api
