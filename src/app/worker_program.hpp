#pragma once

#include <memory>

#include "app/domain.hpp"
#include "app/mail_room.hpp"
#include "app/stores.hpp"
#include "crypto/bcrypt_hasher.hpp"
#include "http/server.hpp"
#include "net/shard.hpp"
#include "net/workers.hpp"
#include "ops/health.hpp"
#include "ops/metrics.hpp"
#include "settings/settings.hpp"

namespace parley::app {

/// `parley worker`, wired: background jobs apart from the servers. Made, started, drained and
/// destroyed by one thread, which is no shard's.
class WorkerProgram {
 public:
  /// Throws std::runtime_error (std::system_error when WORKER_PORT cannot be listened on).
  WorkerProgram(const Settings& settings, std::unique_ptr<Stores> stores,
                const redis::Config& redis);
  ~WorkerProgram();

  /// Of /healthz, /readyz and /metrics; 0: nowhere.
  std::uint16_t port() const { return http_ ? http_->port() : 0; }
  /// As /readyz answers.
  bool is_ready() const { return health_.report().ready; }

  /// Takes no more jobs; those that still run after `Settings::Server::drain_timeout` go back to
  /// the queue.
  void drain();

 private:
  void listen();

  Settings settings_;
  net::Shards shards_{1};
  ops::Metrics metrics_{1};
  ops::Health health_;
  net::Workers hashing_;
  std::unique_ptr<Stores> stores_;
  MailRoom mail_room_;
  crypto::BcryptHasher hasher_;
  LinkDomain links_;
  http::Router router_;
  std::unique_ptr<http::Server> http_;  ///< nullptr: WORKER_PORT is 0.
};

}  // namespace parley::app
