#pragma once

#include <memory>

#include "api/gateway.hpp"
#include "api/services.hpp"
#include "app/bouncer.hpp"
#include "app/certificate.hpp"
#include "app/control.hpp"
#include "app/domain.hpp"
#include "app/mail_room.hpp"
#include "app/message_desk.hpp"
#include "app/neighbourhood.hpp"
#include "app/refusals_watch.hpp"
#include "app/stores.hpp"
#include "app/user_desk.hpp"
#include "http/server.hpp"
#include "net/shard.hpp"
#include "net/workers.hpp"
#include "ops/health.hpp"
#include "ops/metrics.hpp"
#include "settings/settings.hpp"
#include "socketio/server.hpp"

namespace parley::store::embedded {
class Database;
}

namespace parley::app {

/// A whole server, wired. Made, started, drained and destroyed by one thread, which is no shard's.
class Program {
 public:
  /// Binds the port; throws std::system_error when it cannot listen.
  /// `redis`: where the other nodes are joined; nullopt: this process is all there is.
  /// `identity`: for TLS; nullopt: plain HTTP.
  Program(const Settings& settings, std::unique_ptr<Stores> stores,
          const std::optional<redis::Config>& redis, std::optional<net::TlsIdentity> identity);
  /// Stops at once what `drain` has not ended; what was acknowledged is on disk either way.
  ~Program();

  std::uint16_t port() const { return http_->port(); }
  /// As /readyz answers.
  bool is_ready() const { return health_.report().ready; }

  /// Reads the certificate again, if there is one, for new connections. What is wrong with it is
  /// logged, and the old one stays.
  void read_again();

  /// Not ready any more, no new connections, clients sent away spread over a moment, everything
  /// stored. False when connections were left after `Settings::Server::drain_timeout`.
  bool drain();

 private:
  chat::PresenceStore& presence();
  void meet_neighbours();
  void open_mail_room();
  void add_routes();
  void add_middlewares();
  void listen_for_commands();
  Bouncer::Doors doors();
  UserServices user_services();
  Task<Result<Done>> erase(chat::UserId user);
  Task<Result<std::size_t>> forget(chat::Account account);
  Task<Result<json::object>> backup(store::embedded::Database& database, json::object arguments);

  Settings settings_;
  net::Shards shards_;         ///< First: the io_contexts outlive what waits on them.
  asio::io_context early_{1};  ///< The same, for what waits before the shards start.
  ops::Metrics metrics_;
  ops::Health health_;
  net::Workers hashing_;
  std::unique_ptr<Stores> stores_;
  net::Workers chores_;                            ///< Backups: they end before the store does.
  std::unique_ptr<Neighbourhood> neighbourhood_;   ///< nullptr: none.
  std::unique_ptr<chat::PresenceStore> presence_;  ///< nullptr: the neighbourhood's.
  MailRoom mail_room_;
  Domain domain_;
  socketio::Server io_;
  api::Services services_;
  api::Gateway gateway_;
  Bouncer bouncer_;
  UserServices user_services_;
  MessageServices message_services_;
  http::Router router_;
  std::optional<Certificate> certificate_;  ///< nullopt: plain HTTP.
  std::unique_ptr<http::Server> http_;
  std::optional<RefusalsWatch> refusals_;
  std::unique_ptr<Control> control_;
};

}  // namespace parley::app
