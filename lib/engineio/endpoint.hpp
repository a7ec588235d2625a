#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engineio/refusal.hpp"
#include "engineio/registry.hpp"
#include "http/exchange.hpp"

namespace parley::engineio {

/// A server's inside, shared with its endpoint, which the router may keep longer than the server
/// lives.
struct Core {
  Core(Config config, Application& application) : common(std::move(config), application) {}

  /// For one more session of `here`, be it in the place of another one. False: there is none.
  bool make_room(Registry& here);

  Common common;
  std::vector<std::shared_ptr<Registry>> registries;  ///< By shard index.
};

/// Takes requests from HTTP: moves each to the shard of its session, checks it, and hands it to the
/// session. Shared by all shards; has no state of its own.
class Endpoint final : public http::Endpoint {
 public:
  explicit Endpoint(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  void on_head(std::shared_ptr<http::Exchange> exchange) override;
  void on_body(std::shared_ptr<http::Exchange> exchange) override;
  void on_too_large(std::shared_ptr<http::Exchange> exchange) override;
  std::size_t max_body() const override { return config().max_payload; }

 private:
  const Config& config() const { return core_->common.config; }
  const Answers& answers() const { return core_->common.answers; }
  Registry& registry_of(http::Exchange& exchange);
  /// The session that the request names, brought up to now.
  ClientSession* session_of(http::Exchange& exchange);
  net::Shard* other_shard(http::Exchange& exchange);
  /// The other node whose session the request names, if there is a way to it.
  std::optional<NodeNumber> other_node(const http::Request& request) const;
  void forward(NodeNumber node, std::shared_ptr<http::Exchange> exchange);
  void bound_relayed(http::Exchange& exchange);

  void upgrade(http::Exchange& exchange, ClientSession* session);
  void open(http::Exchange& exchange);
  void refuse(http::Exchange& exchange, Refusal refusal, std::string_view message = {});
  /// Code 4 and code 5; true when the session may be opened.
  bool allow(http::Exchange& exchange);
  Handshake handshake_of(http::Request& request) const;

  std::shared_ptr<Core> core_;
};

}  // namespace parley::engineio
