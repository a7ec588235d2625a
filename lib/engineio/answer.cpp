#include "engineio/answer.hpp"

#include <algorithm>
#include <utility>

#include "websocket/handshake.hpp"

namespace parley::engineio {

Answers::Answers(const Config& config)
    : has_cors_(!config.origins.empty()),
      cors_({.origins = config.origins, .credentials = config.credentials}) {}

http::Headers Answers::cors_fields(const http::Request& request) const {
  http::Headers fields;
  if (has_cors_) cors_.add_to(fields, request);
  return fields;
}

/// Every OPTIONS counts, as for the npm package `cors`.
bool Answers::is_preflight(const http::Request& request) const {
  return has_cors_ && request.method == http::Method::options;
}

http::Response Answers::made(const http::Request& request, int status, std::string_view type,
                             std::string body) const {
  http::Response response;
  response.status = status;
  response.headers = cors_fields(request);
  response.headers.set("Content-Type", std::string{type});
  response.headers.set("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

void Answers::answer(http::Exchange& exchange, int status, std::string_view type,
                     std::string body) const {
  exchange.respond(made(exchange.request(), status, type, std::move(body)));
}

void Answers::payload(http::Exchange& exchange, std::string payload) const {
  answer(exchange, 200, "text/plain; charset=UTF-8", std::move(payload));
}

void Answers::ok(http::Exchange& exchange) const { answer(exchange, 200, "text/html", "ok"); }

void Answers::empty(http::Exchange& exchange, int status) const {
  answer(exchange, status, "text/html", "");
}

void Answers::busy(http::Exchange& exchange) const {
  http::Response response = made(exchange.request(), 503, "text/html", "");
  response.headers.set("Retry-After", "1");
  exchange.respond(std::move(response));
}

void Answers::refusal(http::Exchange& exchange, Refusal refusal, std::string_view message) const {
  if (websocket::is_upgrade(exchange.request()) && !has_body(exchange.request())) {
    std::string leftover;
    net::Connection& connection = exchange.take_over(leftover);
    return websocket::refuse(connection, 400, message.empty() ? message_of(refusal) : message);
  }
  answer(exchange, status_of(refusal), "application/json", body_of(refusal, message));
}

void Answers::preflight(http::Exchange& exchange) const {
  exchange.respond(cors_.preflight(exchange.request()));
}

bool has_body(const http::Request& request) {
  return request.headers.find("content-length").value_or("0") != "0" ||
         request.headers.find("transfer-encoding").has_value();
}

std::size_t most_of_body(const http::Request& request, std::size_t max) {
  if (!has_body(request)) return 0;
  return std::min(http::content_length(request).value_or(max), max);
}

}  // namespace parley::engineio
