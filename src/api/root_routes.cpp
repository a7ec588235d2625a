#include "api/routes.hpp"

namespace parley::api {

namespace {

constexpr std::string_view landing_page = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Parley</title></head>
<body><h1>Parley is running</h1>
<p>Connect a Socket.IO client to this address (path <code>/socket.io/</code>, <code>auth: {token}</code>);
accounts, conversations and history are under <code>/api</code>.</p></body></html>
)";

bool prefers_html(const http::Request& request) {
  const auto accept = request.headers.find("accept");
  return accept && accept->find("text/html") != std::string_view::npos;
}

Task<http::Response> root(http::Request request) {
  if (!prefers_html(request)) co_return json_text(200, R"({"message":"API working!"})");
  http::Response response = http::Response::text(302, "");
  response.headers.set("Location", "/app/");
  response.headers.set("Vary", "Accept");
  co_return response;
}

Task<http::Response> app(http::Request) {
  co_return http::Response::text(200, std::string{landing_page}, "text/html; charset=utf-8");
}

}  // namespace

void add_root_routes(http::Router& router) {
  router.route(http::Method::get, "/", root);
  router.route(http::Method::get, "/app", app);
}

}  // namespace parley::api
