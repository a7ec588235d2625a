#include "app/job_store.hpp"

#include <unistd.h>

#include <array>

#include "app/embedded_stores.hpp"
#include "jobs/bullmq_source.hpp"
#include "mail/jobs_of.hpp"
#include "nodes/permissions.hpp"

namespace parley::app {

RedisJobs::RedisJobs(net::Shard& home, const redis::Config& redis, jobs::BullmqConfig queue)
    : redis_(redis),
      config_(std::move(queue)),
      client_(home, redis_, "jobs"),
      queue_(client_, config_) {
  nodes::log_refusals(client_, "jobs");
}

std::shared_ptr<jobs::Source> RedisJobs::new_source(net::Shard& home) {
  return std::make_shared<jobs::BullmqSource>(home, client_, redis_, config_, worker_name());
}

Result<Done> RedisJobs::health() const {
  if (!client_.is_connected()) return fail(Errc::unavailable, client_.last_error());
  if (const auto refusal = client_.refusal()) return fail(Errc::unavailable, refusal->text());
  if (queue_.is_refused())
    return fail(Errc::unavailable, "Redis refuses what the queue needs: see the log");
  return Done{};
}

EmbeddedJobs::EmbeddedJobs(store::embedded::Database& database)
    : database_(database), queue_(database_) {}

EmbeddedJobs::EmbeddedJobs(std::unique_ptr<store::embedded::Database> database)
    : own_(std::move(database)), database_(*own_), queue_(database_) {}

std::shared_ptr<jobs::Source> EmbeddedJobs::new_source(net::Shard& home) {
  return queue_.new_source(home);
}

void EmbeddedJobs::close() {
  if (own_) own_->close();
}

Result<jobs::BullmqConfig> queue_config(const Settings& settings, std::string name) {
  jobs::BullmqConfig config;
  config.name = std::move(name);
  config.prefix = settings.jobs.prefix;
  if (const auto sound = jobs::check(config); !sound) return sound.error();
  return config;
}

Result<std::unique_ptr<JobStore>> open_job_store(net::Shard& home, const Settings& settings,
                                                 const std::optional<redis::Config>& redis,
                                                 store::embedded::Database* shared) {
  using Opened = std::unique_ptr<JobStore>;
  if (redis) {
    auto config = queue_config(settings, std::string{mail::queue_name});
    if (!config) return config.error();
    return Opened(std::make_unique<RedisJobs>(home, *redis, std::move(*config)));
  }
  if (shared != nullptr) return Opened(std::make_unique<EmbeddedJobs>(*shared));
  auto own = store::embedded::Database::open(embedded_config(settings));
  if (!own) return own.error();
  return Opened(std::make_unique<EmbeddedJobs>(std::move(*own)));
}

std::string worker_name() {
  std::array<char, 65> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host.fill(0);
  std::string name = "parley-" + std::string{host.data()} + "-" + std::to_string(::getpid());
  for (char& c : name) {
    if (c <= ' ' || c == 0x7F) c = '_';  // it is part of a connection's name
  }
  return name;
}

}  // namespace parley::app
