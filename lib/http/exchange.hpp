#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/message.hpp"
#include "net/connection.hpp"

namespace parley::http {

/// One request and its one response on a connection, as an Endpoint sees it. Lives on the
/// connection's shard; held by shared_ptr because the answer may come later. When the peer goes
/// away first, calls on it do nothing.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;
  virtual Request& request() = 0;

  /// Answers. Once; what follows is ignored. Adds Content-Length, Date, Connection and the server's
  /// fixed headers; HEAD and 204/304 lose their body. If the request's body has not been read to
  /// its end, the connection closes after the answer.
  virtual void respond(Response response) = 0;

  /// True until respond(), take_over(), move_to(), abort() or the peer's end.
  virtual bool is_open() const = 0;

  /// From Endpoint::on_head: no more than this is read of the body, if that is less than
  /// Endpoint::max_body.
  virtual void limit_body(std::size_t bytes) = 0;

  /// From Endpoint::on_head: the body is not read. on_body comes at once, without it.
  virtual void leave_body() = 0;

  /// Ends the connection without an answer.
  virtual void abort() = 0;

  /// Called once if the peer goes away before respond(): also while the body is still coming, and
  /// when the body is malformed or does not come in time. At once when that has happened already.
  virtual void on_abort(std::function<void()> callback) = 0;

  /// Hands the connection to another protocol (WebSocket), which the caller sets at once.
  /// `leftover` gets the bytes that came behind the request. Only while is_open(), for requests
  /// without a body.
  virtual net::Connection& take_over(std::string& leftover) = 0;

  /// Moves connection and request to another shard and dispatches the request to its endpoint
  /// there, as if it had arrived there: on_head is called again. Only from Endpoint::on_head, while
  /// is_open().
  virtual void move_to(net::Shard& target) = 0;

  /// Only while is_open().
  virtual net::Connection& connection() = 0;
};

/// What a route leads to when it needs more than "request in, response out".
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  /// The head has been read and the body not yet. The endpoint may respond at once (a refusal),
  /// move or take over the connection, or keep the exchange.
  virtual void on_head(std::shared_ptr<Exchange> exchange) = 0;
  /// The body is complete in `exchange->request().body`; called for bodiless requests as well, and
  /// after leave_body(), unless on_head has ended the exchange.
  virtual void on_body(std::shared_ptr<Exchange> exchange) = 0;
  /// Bytes of body that are read at most; beyond it on_too_large is called instead of on_body: at
  /// once when Content-Length says so, else when they have come.
  virtual std::size_t max_body() const = 0;
  /// Must answer, at once or later. Default: 413 with the error body.
  virtual void on_too_large(std::shared_ptr<Exchange> exchange);
};

}  // namespace parley::http
