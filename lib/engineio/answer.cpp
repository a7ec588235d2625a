#include "engineio/answer.hpp"

#include <algorithm>
#include <utility>

#include "websocket/handshake.hpp"

namespace parley::engineio {
namespace {

void answer(http::Exchange& exchange, const Config& config, int status, std::string_view type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers = cors_headers(exchange.request(), config);
  if (!type.empty()) response.headers.set("Content-Type", std::string{type});
  response.headers.set("Cache-Control", "no-store");
  response.body = std::move(body);
  exchange.respond(std::move(response));
}

bool has_body(const http::Request& request) {
  return request.headers.find("content-length").value_or("0") != "0" || request.headers.find("transfer-encoding").has_value();
}

}  // namespace

http::Headers cors_headers(const http::Request& request, const Config& config) {
  http::Headers headers;
  if (config.origins.empty()) return headers;
  const auto origin = request.headers.find("origin");
  if (std::ranges::find(config.origins, "*") != config.origins.end()) {
    headers.set("Access-Control-Allow-Origin", "*");
  } else {
    headers.set("Vary", "Origin");
    if (!origin || std::ranges::find(config.origins, *origin) == config.origins.end()) return headers;
    headers.set("Access-Control-Allow-Origin", std::string{*origin});
  }
  if (config.credentials) headers.set("Access-Control-Allow-Credentials", "true");
  return headers;
}

void answer_payload(http::Exchange& exchange, const Config& config, std::string payload) {
  answer(exchange, config, 200, "text/plain; charset=UTF-8", std::move(payload));
}

void answer_ok(http::Exchange& exchange, const Config& config) { answer(exchange, config, 200, "text/html", "ok"); }

void answer_empty(http::Exchange& exchange, const Config& config, int status) { answer(exchange, config, status, "text/html", ""); }

void answer_refusal(http::Exchange& exchange, const Config& config, Refusal refusal, std::string_view message) {
  if (websocket::is_upgrade(exchange.request()) && !has_body(exchange.request())) {
    std::string leftover;
    net::Connection& connection = exchange.take_over(leftover);
    websocket::refuse(connection, 400, message.empty() ? message_of(refusal) : message);
    return;
  }
  answer(exchange, config, status_of(refusal), "application/json", body_of(refusal, message));
}

void answer_preflight(http::Exchange& exchange, const Config& config) {
  const http::Request& request = exchange.request();
  http::Response response;
  response.status = 204;
  response.headers = cors_headers(request, config);
  response.headers.set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
  if (const auto asked = request.headers.find("access-control-request-headers")) {
    const bool varies = response.headers.find("vary").has_value();
    response.headers.set("Vary", varies ? "Origin, Access-Control-Request-Headers" : "Access-Control-Request-Headers");
    response.headers.set("Access-Control-Allow-Headers", std::string{*asked});
  }
  response.headers.set("Content-Length", "0");
  exchange.respond(std::move(response));
}

}  // namespace parley::engineio
