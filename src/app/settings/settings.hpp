#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ops/log.hpp"

namespace parley::app {

/// Production refuses what development only warns of; test is as development.
enum class Mode { development, production, test };

/// How Socket.IO events reach other nodes: as @socket.io/redis-adapter's createAdapter does, or as
/// its createShardedAdapter.
enum class ClusterAdapter { classic, sharded };

/// Where background jobs run: in every `parley serve`, or in processes of their own.
enum class WorkerPlace { inside, apart };

/// Everything that an operator decides, with its defaults. What each value means is said once, in
/// fields.cpp; docs/config.md is made from that.
struct Settings {
  using Duration = std::chrono::milliseconds;
  using Strings = std::vector<std::string>;

  struct Server {
    Mode mode = Mode::development;
    std::string host = "0.0.0.0";
    std::uint16_t port = 8000;  ///< 0: the system chooses.
    unsigned shards = 0;        ///< 0: one a core.
    Strings client_url{"*"};    ///< Allowed origins; empty: the server's own only.
    Strings trusted_proxies;    ///< Addresses and CIDR ranges.
    bool metrics = true;
    bool web_client = true;
    Duration drain_timeout{10'000};
  } server;

  struct Tls {
    std::filesystem::path certificate;  ///< Empty: plain HTTP.
    std::filesystem::path key;
    Duration handshake_timeout{10'000};
    std::size_t max_handshakes = 1'000;
  } tls;

  struct Auth {
    std::string access_token_secret;   ///< Empty: not set (provide_secrets).
    std::string refresh_token_secret;  ///< As above.
    Duration access_token_expire{std::chrono::minutes{15}};
    Duration refresh_token_expire{std::chrono::hours{7 * 24}};
    Duration refresh_leeway{0};  ///< 0: a refresh is never repeated.
    unsigned hash_cost = 10;
    std::size_t hash_threads = 0;  ///< 0: half the cores, at least one.
    std::size_t hash_queue = 64;
  } auth;

  struct Limits {
    unsigned rate_limit_auth = 10;     ///< 0: off.
    unsigned rate_limit_api = 300;     ///< 0: off.
    unsigned rate_limit_send = 6'000;  ///< 0: off.
    std::size_t max_connections = 1'000'000;
    std::size_t max_queued = 4 * 1024 * 1024;
    std::size_t max_payload = 1'000'000;
    std::size_t max_body = 100 * 1024;
    std::size_t max_content = 4096;
    std::size_t min_username = 3;
    std::size_t max_username = 32;
    std::size_t max_email = 254;
    std::size_t min_password = 6;
    std::size_t max_password = 72;
  } limits;

  struct Realtime {
    Duration ping_interval{25'000};
    Duration ping_timeout{20'000};
    Duration connect_timeout{45'000};
    Duration upgrade_timeout{10'000};
    bool per_message_deflate = false;
  } realtime;

  struct Http {
    Duration head_timeout{10'000};
    Duration body_timeout{30'000};
    Duration keep_alive{65'000};
  } http;

  struct Store {
    std::filesystem::path data_dir = "./data";
    std::size_t read_threads = 2;
    std::size_t cache_mb = 64;
    std::size_t queue = 16'384;
    std::string mongo_uri;  ///< Empty: the embedded store.
  } store;

  struct Cluster {
    std::string redis_url;  ///< Empty: redis_host, and without that no Redis.
    std::string redis_host;
    std::uint16_t redis_port = 6379;
    std::string redis_password;
    ClusterAdapter adapter = ClusterAdapter::classic;
    Duration presence_lease{30'000};
    std::string advertise;  ///< `host:port`; empty: requests are not forwarded to this node.
  } cluster;

  struct Mail {
    std::string smtp_url;  ///< Empty: mails are written into DATA_DIR/mail.
    std::string from = "Parley <no-reply@localhost>";
    std::string public_url;  ///< Empty: http://localhost:<port>.
    std::string app_url;     ///< Empty: public_url.
    Duration quiet_period{std::chrono::minutes{10}};
    std::size_t notices_per_sender = 60;  ///< In an hour; 0: any number.
    Duration retry_delay{30'000};
    bool require_verified_email = false;
    Duration reset_link_expire{std::chrono::hours{1}};
    Duration verify_link_expire{std::chrono::hours{24}};
  } mail;

  struct Jobs {
    WorkerPlace worker = WorkerPlace::inside;
    std::size_t concurrency = 4;
    std::uint16_t worker_port = 0;  ///< Of `parley worker`; 0: none.
    std::string prefix = "bull";
  } jobs;

  ops::Log::Config log;

  bool has_tls() const { return !tls.certificate.empty(); }
  bool has_redis() const { return !cluster.redis_url.empty() || !cluster.redis_host.empty(); }
};

}  // namespace parley::app
