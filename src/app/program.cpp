#include "app/program.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "api/routes.hpp"
#include "app/access_lines.hpp"
#include "app/drain_plan.hpp"
#include "app/exported_metrics.hpp"
#include "app/lifetime.hpp"
#include "app/mongo_stores.hpp"
#include "app/operations_routes.hpp"
#include "http/access_log.hpp"
#include "http/cors.hpp"
#include "http/rate_limit.hpp"
#include "ops/log.hpp"
#include "settings/mail_settings.hpp"
#include "site/site.hpp"

namespace parley::app {

using namespace std::chrono_literals;

namespace {

std::size_t hash_threads(const Settings& settings) {
  if (settings.auth.hash_threads != 0) return settings.auth.hash_threads;
  return std::max(1u, std::thread::hardware_concurrency() / 2);
}

/// Browsers send credentials to named origins only.
bool allows_credentials(const Settings& settings) {
  return settings.server.client_url != Settings::Strings{"*"};
}

/// Who lets an address make any number of calls has no people there, but programs.
unsigned send_limit(const Settings& settings) {
  return settings.limits.rate_limit_api == 0 ? 0 : settings.limits.rate_limit_send;
}

socketio::Config socketio_config(const Settings& settings, Neighbourhood* neighbourhood) {
  socketio::Config config;
  config.connect_timeout = settings.realtime.connect_timeout;
  config.engine.ping_interval = settings.realtime.ping_interval;
  config.engine.ping_timeout = settings.realtime.ping_timeout;
  config.engine.upgrade_timeout = settings.realtime.upgrade_timeout;
  config.engine.per_message_deflate = settings.realtime.per_message_deflate;
  config.engine.max_payload = settings.limits.max_payload;
  config.engine.max_queued = settings.limits.max_queued;
  config.engine.max_sessions = settings.limits.max_connections;
  config.engine.origins = settings.server.client_url;
  config.engine.credentials = allows_credentials(settings);
  config.engine.keep_headers = {"user-agent"};
  if (neighbourhood == nullptr) return config;
  config.engine.node = neighbourhood->number();
  config.engine.neighbours = neighbourhood->forwarding();
  config.adapter = neighbourhood->adapter();
  return config;
}

http::Config client_config(const Settings& settings) {
  http::Config config = http_config(settings, settings.server.port);
  config.trusted_proxies = settings.server.trusted_proxies;
  config.connections.max_queued = settings.limits.max_queued;
  config.connections.max_connections = settings.limits.max_connections;
  return config;
}

}  // namespace

Program::Program(const Settings& settings, std::unique_ptr<Stores> stores,
                 const std::optional<redis::Config>& redis,
                 std::optional<net::TlsIdentity> identity)
    : settings_(settings),
      shards_(settings.server.shards),
      metrics_(shards_.size()),
      hashing_({hash_threads(settings), settings.auth.hash_queue, net::Workers::AtEnd::refuse}),
      stores_(std::move(stores)),
      chores_({1, 4}),
      neighbourhood_(
          redis ? std::make_unique<Neighbourhood>(shards_, settings, *redis, stores_->clock())
                : nullptr),
      presence_(neighbourhood_ ? nullptr : stores_->presence(shards_)),
      mail_room_(shards_[shards_.size() - 1], settings, redis, *stores_),
      domain_(settings, hashing_, *stores_, presence(), mail_room_.mails()),
      io_(shards_, socketio_config(settings, neighbourhood_.get())),
      services_{domain_.accounts,
                domain_.sessions,
                domain_.logins,
                domain_.messaging,
                domain_.presences,
                domain_.links.recovery,
                mail_room_.mails(),
                settings.limits.max_body,
                [this](chat::UserId user, std::optional<chat::FamilyId> family) {
                  gateway_.close(user, family);
                },
                [this](chat::UserId user) { return erase(user); },
                send_limit(settings),
                settings.mail.require_verified_email},
      gateway_(shards_, io_, services_, stores_->feed(), metrics_,
               neighbourhood_ ? neighbourhood_->for_gateway() : api::Neighbours{}),
      bouncer_(shards_[0], stores_->operators(), doors(),
               {settings.auth.access_token_expire, settings.auth.refresh_token_expire,
                stores_->clock()}),
      user_services_(user_services()),
      message_services_{stores_->accounts(), stores_->operators(), &presence(), &mail_room_.queue(),
                        [this](chat::UserId user) { return gateway_.devices_of(user); }} {
  log_escapes();
  health_.add("store", [this] { return stores_->health(); });
  if (neighbourhood_) meet_neighbours();
  add_middlewares();
  add_routes();
  if (identity) certificate_.emplace(shards_, settings_, std::move(*identity));
  http_ = std::make_unique<http::Server>(shards_, client_config(settings_), router_,
                                         certificate_ ? &certificate_->tls() : nullptr);
  export_counts(metrics_, {*http_, io_.engine(), hashing_});
  if (certificate_) certificate_->export_counts(metrics_);
  refusals_.emplace(
      shards_[0],
      [this] {
        return refusals_of(*http_, io_.engine(), certificate_ ? &certificate_->tls() : nullptr);
      },
      settings_.limits.max_connections);
  stores_->export_counts(metrics_);
  open_mail_room();
  listen_for_commands();
  bouncer_.begin(early_);
  // Nothing throws from here on: what the shards use would be gone before they were.
  shards_.start();
  mail_room_.start();
  bouncer_.start();
  refusals_->start();
}

Program::~Program() {
  stores_->close();
  mail_room_.close();
  shards_.stop();
}

chat::PresenceStore& Program::presence() {
  return neighbourhood_ ? neighbourhood_->presence() : *presence_;
}

void Program::meet_neighbours() {
  if (auto* mongo = dynamic_cast<MongoStores*>(stores_.get())) neighbourhood_->join(mongo->feed());
  neighbourhood_->serve(gateway_);
  neighbourhood_->export_counts(metrics_);
  health_.add(
      "redis", [this] { return neighbourhood_->health(); }, ops::Health::Weight::helpful);
}

void Program::open_mail_room() {
  services_.app_url = app_url(settings_, http_->port());
  domain_.messaging.set_notices(mail_room_.notices(presence()));
  if (settings_.jobs.worker == WorkerPlace::inside)
    mail_room_.work(domain_.links.recovery, public_url(settings_, http_->port()));
  mail_room_.add_checks(health_);
  mail_room_.export_counts(metrics_);
}

void Program::read_again() {
  if (certificate_) {
    certificate_->renew();
  } else {
    ops::log().info("SIGHUP: without TLS there are no files to read again");
  }
}

bool Program::drain() {
  const DrainPlan plan = drain_plan(settings_.server.drain_timeout);
  const auto deadline = std::chrono::steady_clock::now() + plan.serving;
  const auto left = [deadline] {
    const auto time =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return std::max<std::chrono::milliseconds>(time, 500ms);
  };
  mail_room_.begin_drain(left());
  refusals_->stop();
  health_.start_draining();
  if (neighbourhood_) neighbourhood_->stop_forwarding(plan.jitter);
  http_->drain();
  io_.close(plan.jitter);
  const auto is_over = [&] { return http_->counts().open == 0 && gateway_.is_idle(); };
  while (!is_over() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(20ms);
  mail_room_.end_drain(left());
  if (neighbourhood_) neighbourhood_->leave();
  return http_->counts().open == 0;
}

namespace {

/// What is guessed at, by those who call it and by what they read in mails. By the route: a path
/// can be written in more than one way.
bool is_auth(const http::Request& request) {
  return request.route.starts_with("/api/auth/") || request.route.starts_with("/account/");
}
bool is_operations(const http::Request& request) { return is_operations_route(request.route); }
bool is_other(const http::Request& request) { return !is_auth(request) && !is_operations(request); }

}  // namespace

void Program::add_middlewares() {
  router_.use(http::access_log(log_access));
  router_.use(http::cors({settings_.server.client_url, allows_credentials(settings_)}));
  const std::shared_ptr<http::RateCounter> counter =
      neighbourhood_ ? neighbourhood_->rate_counter()
                     : std::make_shared<http::ShardedRateCounter>(shards_);
  router_.use(http::rate_limit(counter, {"auth", settings_.limits.rate_limit_auth, 60s, is_auth}));
  router_.use(http::rate_limit(counter, {"api", settings_.limits.rate_limit_api, 60s, is_other}));
}

void Program::add_routes() {
  router_.mount(io_.engine().config().path, io_.endpoint());
  api::add_auth_routes(router_, services_);
  api::add_session_routes(router_, services_);
  api::add_conversation_routes(router_, services_);
  api::add_message_routes(router_, services_);
  api::add_user_routes(router_, services_);
  api::add_mail_routes(router_, services_);
  api::add_recovery_routes(router_, services_);
  api::add_link_pages(router_, services_);
  api::add_root_routes(router_, settings_.server.web_client);
  if (settings_.server.web_client) site::add_routes(router_, site::files());
  add_operations_routes(router_, health_, settings_.server.metrics ? &metrics_ : nullptr);
  // A test compares them with docs/openapi.yaml.
  for (const auto& [method, pattern] : router_.routes())
    ops::log().debug("route", {{"method", http::to_string(method)}, {"pattern", pattern}});
}

Bouncer::Doors Program::doors() {
  return {domain_.bars, [this](chat::UserId user) { gateway_.close_here(user, std::nullopt); },
          [this](std::vector<chat::Ending> logins) { gateway_.close_here(std::move(logins)); }};
}

}  // namespace parley::app
