#include "app/worker_program.hpp"

#include "app/lifetime.hpp"
#include "app/operations_routes.hpp"
#include "ops/log.hpp"
#include "ops/process_metrics.hpp"
#include "settings/build_info.hpp"
#include "settings/mail_settings.hpp"

namespace parley::app {

using namespace std::chrono_literals;

WorkerProgram::WorkerProgram(const Settings& settings, std::unique_ptr<Stores> stores,
                             const redis::Config& redis)
    : settings_(settings),
      hashing_({1, 1}),
      stores_(std::move(stores)),
      mail_room_(shards_[0], settings, redis, *stores_),
      hasher_(hashing_, {settings.auth.hash_cost}),
      links_(settings, hasher_, *stores_, mail_room_.mails()) {
  log_escapes();
  mail_room_.work(links_.recovery, public_url(settings_, settings_.server.port));
  health_.add("store", [this] { return stores_->health(); });
  mail_room_.add_checks(health_);
  mail_room_.export_counts(metrics_);
  stores_->export_counts(metrics_);
  ops::add_build_info(metrics_, build_info());
  ops::add_process_metrics(metrics_);
  if (settings_.jobs.worker_port != 0) listen();
  shards_.start();
  mail_room_.start();
}

WorkerProgram::~WorkerProgram() {
  stores_->close();
  shards_.stop();
}

void WorkerProgram::listen() {
  add_operations_routes(router_, health_, settings_.server.metrics ? &metrics_ : nullptr);
  http_ = std::make_unique<http::Server>(
      shards_, http_config(settings_, settings_.jobs.worker_port), router_);
}

void WorkerProgram::drain() {
  const auto grace = settings_.server.drain_timeout - 500ms;
  health_.start_draining();
  mail_room_.begin_drain(grace);
  mail_room_.end_drain(grace);
  if (http_) http_->drain();
}

}  // namespace parley::app
