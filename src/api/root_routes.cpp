#include "api/routes.hpp"

namespace parley::api {

namespace {

bool prefers_html(const http::Request& request) {
  const auto accept = request.headers.find("accept");
  return accept && accept->find("text/html") != std::string_view::npos;
}

Task<http::Response> say_working(http::Request) {
  co_return json_text(200, R"({"message":"API working!"})");
}

Task<http::Response> send_browsers_on(http::Request request) {
  if (!prefers_html(request)) co_return json_text(200, R"({"message":"API working!"})");
  http::Response response = http::Response::text(302, "");
  response.headers.set("Location", "/app/");
  response.headers.set("Vary", "Accept");
  co_return response;
}

}  // namespace

void add_root_routes(http::Router& router, bool has_client) {
  router.route(http::Method::get, "/", has_client ? send_browsers_on : say_working);
}

}  // namespace parley::api
