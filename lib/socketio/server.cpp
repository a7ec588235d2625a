#include "socketio/server.hpp"

#include <mutex>
#include <vector>

#include "socketio/client.hpp"

namespace parley::socketio {

/// The namespaces by name, and the engine below.
class Server::State final : public Directory, public engineio::Application {
 public:
  State(net::Shards& shards, Config config)
      : shards_(shards),
        config_(std::move(config)),
        limits_{.max_attachments = config_.max_attachments,
                .max_bytes = config_.engine.max_payload},
        engine_(shards, config_.engine, *this) {
    of("/");
  }

  Namespace& of(const std::string& name) {
    auto& nsp = static_[name];
    if (!nsp) nsp = make(name, std::make_shared<Namespace::Behaviour>());
    return *nsp;
  }

  Namespace& dynamic(Matcher accepts) {
    const auto behaviour = std::make_shared<Namespace::Behaviour>();
    parents_.push_back({std::move(accepts), behaviour, make("", behaviour)});
    return *parents_.back().nsp;
  }

  Namespace* find(std::string_view name) {
    if (const auto found = static_.find(name); found != static_.end()) return found->second.get();
    if (parents_.empty()) return nullptr;
    const std::lock_guard lock{children_mutex_};
    const auto found = children_.find(name);
    return found == children_.end() ? nullptr : found->second.get();
  }

  const Config& config() const override { return config_; }
  const PacketLimits& packet_limits() const override { return limits_; }

  Namespace* find(std::string_view name, const json::object& auth) override {
    if (Namespace* const nsp = find(name)) return nsp;
    for (const Parent& parent : parents_) {
      if (parent.accepts(name, auth)) return make_child(name, parent);
    }
    return nullptr;
  }

  std::unique_ptr<engineio::SessionHandler> on_session(engineio::Session& session) override {
    return std::make_unique<Client>(*this, session);
  }

  engineio::Server& engine() { return engine_; }

 private:
  struct Parent {
    Matcher accepts;
    std::shared_ptr<Namespace::Behaviour> behaviour;
    std::unique_ptr<Namespace> nsp;  ///< Takes handlers; has no sockets.
  };

  std::unique_ptr<Namespace> make(const std::string& name,
                                  std::shared_ptr<Namespace::Behaviour> behaviour) {
    return std::make_unique<Namespace>(name, shards_, config_, std::move(behaviour));
  }

  Namespace* make_child(std::string_view name, const Parent& parent) {
    const std::lock_guard lock{children_mutex_};
    const auto found = children_.find(name);
    if (found != children_.end()) return found->second.get();
    if (children_.size() >= config_.max_dynamic_namespaces) return nullptr;
    return children_.emplace(std::string{name}, make(std::string{name}, parent.behaviour))
        .first->second.get();
  }

  using ByName = std::map<std::string, std::unique_ptr<Namespace>, std::less<>>;

  net::Shards& shards_;
  const Config config_;
  const PacketLimits limits_;
  ByName static_;                ///< Not changed once clients come: read by every shard.
  std::vector<Parent> parents_;  ///< The same.
  std::mutex children_mutex_;    ///< For a CONNECT to a dynamic namespace alone.
  ByName children_;
  engineio::Server engine_;  ///< Last: its sessions go before what they use.
};

Server::Server(net::Shards& shards, Config config)
    : state_(std::make_unique<State>(shards, std::move(config))) {}
Server::~Server() = default;

Namespace& Server::of(const std::string& name) {
  return state_->of(name.starts_with('/') ? name : "/" + name);
}
Namespace& Server::dynamic(Matcher accepts) { return state_->dynamic(std::move(accepts)); }
Namespace* Server::find(std::string_view name) { return state_->find(name); }
std::shared_ptr<http::Endpoint> Server::endpoint() { return state_->engine().endpoint(); }
engineio::Server& Server::engine() { return state_->engine(); }
engineio::Application& Server::application() { return *state_; }
const Config& Server::config() const { return state_->config(); }

void Server::close(std::chrono::milliseconds jitter) {
  state_->engine().close_all(engineio::CloseReason::server_shutdown, jitter);
}

}  // namespace parley::socketio
