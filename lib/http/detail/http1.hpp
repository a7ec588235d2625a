#pragma once

#include <algorithm>
#include <atomic>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/single_writer.hpp"
#include "http/detail/request_parser.hpp"
#include "http/exchange.hpp"
#include "http/service.hpp"
#include "net/timer.hpp"

namespace parley::http {

namespace detail {

class Http1Exchange;

/// Source: RFC 9112. The protocol of one connection: requests one after another, and few in one
/// loop turn, none while the peer leaves its answers lying; those that come before their turn wait
/// unparsed, and the connection is paused when more than a head's worth does. Everything that
/// belongs to one request is in its exchange, so an idle connection holds none of it.
class Http1 final : public net::Protocol,
                    public boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  Http1(Service::Core& core, net::Connection& connection);
  ~Http1() override;

  void on_bytes(std::span<char> bytes) override;
  void on_drained() override;
  void on_closed(net::CloseCause cause) override;

  /// A request that another shard has sent here with its connection.
  void arrive(std::unique_ptr<RequestParser> parser, Request request, Endpoint& endpoint,
              std::string rest);

  /// Ends now when idle, else after the answer.
  void drain();
  void close() { connection_.close(); }

  // For the exchange:

  void finish(Http1Exchange& exchange, Response response);
  void abort();
  net::Connection& take_over(std::string& leftover);
  void move_to(net::Shard& target, Http1Exchange& exchange);
  net::Connection& connection() { return connection_; }

 private:
  enum class State : std::uint8_t {
    head,     ///< Between requests, or a head is coming.
    body,     ///< A body is coming.
    waiting,  ///< The request is with its endpoint.
    ended,    ///< Nothing is read any more.
  };

  void process(std::string_view bytes);
  void process_input();
  bool step();
  bool step_head();
  bool step_body();
  void begin(std::unique_ptr<RequestParser> parser, Request request);
  void dispatch();
  void hand_over(const std::shared_ptr<Http1Exchange>& exchange);
  void settle();
  void go_on_soon();
  void set_deadlines();
  std::chrono::milliseconds patience(std::chrono::milliseconds otherwise) const;
  void on_deadline();
  void refuse(int status, std::string_view message);
  void end_exchange_by_fault(int status, std::string_view message);
  void too_large(const std::shared_ptr<Http1Exchange>& exchange);
  void write(const Response& response, bool close, bool keep_alive_field, bool head_only);
  std::string take_rest();
  void end();

  Service::Core& core_;
  net::Connection& connection_;
  net::Timer timer_;
  std::shared_ptr<Http1Exchange> exchange_;
  std::string input_;        ///< Bytes that wait: half a head, or pipelined requests.
  std::string_view rest_;    ///< Only while bytes are processed: those not yet used.
  std::size_t scanned_ = 0;  ///< Bytes of an unfinished head that were searched for its end.
  State state_ = State::head;
  std::uint8_t begun_ = 0;  ///< Requests of the bytes that are being processed.
  bool processing_ = false;
  bool head_begun_ = false;   ///< The head's deadline runs.
  bool served_ = false;       ///< A request was read: idling is keep-alive now.
  bool resume_soon_ = false;  ///< timer_ stands for "go on with input_".
  bool paused_ = false;
  bool waits_for_peer_ = false;  ///< Until it has taken its answers.
};

/// The exchange of an Http1 connection. Knows its connection until one of them ends it.
class Http1Exchange final : public Exchange, public std::enable_shared_from_this<Http1Exchange> {
 public:
  Http1Exchange(Http1& protocol, std::unique_ptr<RequestParser> its_parser, Request request,
                Endpoint& its_endpoint)
      : parser(std::move(its_parser)),
        endpoint(its_endpoint),
        max_body(its_endpoint.max_body()),
        head_only(request.method == Method::head),
        request_(std::move(request)),
        protocol_(&protocol) {}

  const Request& request() const override { return request_; }
  Request& request() override { return request_; }
  void respond(Response response) override;
  bool is_open() const override { return protocol_ != nullptr; }
  void limit_body(std::size_t bytes) override { max_body = std::min(max_body, bytes); }
  void leave_body() override { leaves_body = true; }
  void abort() override;
  void on_abort(std::function<void()> callback) override;
  net::Connection& take_over(std::string& leftover) override;
  void move_to(net::Shard& target) override;
  net::Connection& connection() override;

  // For the protocol:

  void detach() { protocol_ = nullptr; }
  /// The peer is gone: tells whoever asked to know.
  void fail();

  std::unique_ptr<RequestParser> parser;
  Endpoint& endpoint;
  std::size_t max_body;
  const bool head_only;
  bool body_read = false;
  bool leaves_body = false;

 private:
  Request request_;
  Http1* protocol_;
  std::function<void()> on_abort_;
  bool failed_ = false;
};

}  // namespace detail

struct Service::Core {
  struct alignas(64) PerShard {
    boost::intrusive::list<detail::Http1, boost::intrusive::constant_time_size<false>> connections;
    SingleWriter<std::uint64_t> requests, refused, timeouts;
  };
  Core(Config its_config, const Router& its_router, std::size_t shard_count);
  PerShard& at(net::Shard& shard) { return shards[shard.index()]; }

  const Config config;
  const Router& router;
  TrustedProxies proxies;
  std::vector<PerShard> shards;
  std::atomic<bool> draining{false};
};

}  // namespace parley::http
