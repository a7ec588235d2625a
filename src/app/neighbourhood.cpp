#include "app/neighbourhood.hpp"

#include <future>
#include <random>

#include "nodes/name.hpp"
#include "nodes/redis_rate_counter.hpp"
#include "store/mongo/feed.hpp"

namespace parley::app {

namespace {

/// Redis is not waited for longer.
constexpr std::chrono::seconds goodbye{3};
/// Until every node has heard of somebody's deletion, and their devices have left.
constexpr std::chrono::seconds longest_goodbye{8};
constexpr std::chrono::milliseconds between_looks{50};

/// Where everybody's devices are reached from other nodes, those of Node.js too.
std::string room_of(chat::UserId user) { return "user:" + user.hex(); }

engineio::NodeNumber random_number() {
  std::random_device source;
  return std::uniform_int_distribution<engineio::NodeNumber>{1, engineio::max_node_number}(source);
}

Task<void> say_goodbye(nodes::Presence& presence, std::shared_ptr<std::promise<void>> done) {
  co_await presence.close();
  done->set_value();
}

cluster::Config adapter_config(const Settings& settings) {
  cluster::Config config;
  config.protocol = settings.cluster.adapter == ClusterAdapter::sharded
                        ? cluster::Protocol::sharded
                        : cluster::Protocol::classic;
  return config;
}

std::vector<redis::Command> joined(std::vector<redis::Command> all,
                                   std::vector<redis::Command> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
  return all;
}

}  // namespace

std::vector<redis::Command> channels_heard(const Settings& settings) {
  return joined(nodes::channels_heard(), cluster::channel_commands(adapter_config(settings)).heard);
}

std::vector<redis::Command> channels_told(const Settings& settings) {
  return joined(nodes::channels_told(), cluster::channel_commands(adapter_config(settings)).told);
}

Neighbourhood::Neighbourhood(net::Shards& shards, const Settings& settings,
                             const redis::Config& redis, std::function<Time()> clock)
    : home_(shards[0]),
      number_(random_number()),
      has_room_channels_(settings.cluster.adapter == ClusterAdapter::sharded),
      commands_(home_, redis, "commands"),
      events_(home_, redis, "events"),
      changes_(home_, redis, "changes"),
      event_listener_(home_, redis, "events"),
      change_listener_(home_, redis, "changes"),
      cluster_(home_, events_, event_listener_, adapter_config(settings)),
      directory_(home_, commands_, number_, settings.cluster.advertise,
                 settings.cluster.presence_lease),
      presence_(home_, commands_, nodes::Presence::Config{settings.cluster.presence_lease},
                &event_listener_),
      bus_(home_, changes_, change_listener_, {nodes::new_name(), std::move(clock)}),
      missed_events_(home_, events_, event_listener_, {}),
      permissions_(home_, commands_, channels_told(settings), {&event_listener_, &change_listener_},
                   {}),
      counter_(std::make_shared<nodes::RedisRateCounter>(home_, redis)),
      forwarding_(std::make_shared<Forwarding>(shards, directory_, settings)) {}

api::Neighbours Neighbourhood::for_gateway() {
  return {room_of,
          [this](chat::UserId user, std::optional<chat::FamilyId> family) {
            bus_.close_logins(user, family);
          },
          has_room_channels_};
}

void Neighbourhood::join(store::mongo::Feed& feed) {
  feed.set_bus({[this](chat::UserId user) { return bus_.follow(user); },
                [this](chat::UserId user) { bus_.unfollow(user); }});
  feed.set_outlet(home_.executor(),
                  [this](const chat::ChangeBatchPtr& batch) { bus_.publish(batch->changes); });
  heard_.changes = [&feed](std::vector<chat::Change> changes) { feed.arrive(std::move(changes)); };
  heard_.gap = [&feed](Time since) { feed.gap(since); };
  bus_.set_handlers(heard_);
}

void Neighbourhood::serve(api::Gateway& gateway) {
  heard_.close = [&gateway](chat::UserId user, std::optional<chat::FamilyId> family) {
    gateway.close_here(user, family);
  };
  bus_.set_handlers(heard_);
  presence_.on_change(
      [&gateway](chat::UserId user, bool online) { gateway.presence_changed(user, online); });
  missed_events_.on_missed([&gateway](SteadyTime since) { gateway.repeat_presence(since); });
}

Result<Done> Neighbourhood::health() const {
  if (auto up = connected(); !up) return up;
  return permissions_.state();
}

Result<Done> Neighbourhood::connected() const {
  for (const redis::Client* client : {&commands_, &events_, &changes_}) {
    if (!client->is_connected()) return fail(Errc::unavailable, client->last_error());
  }
  for (const redis::Subscriber* listener : {&event_listener_, &change_listener_}) {
    if (!listener->is_connected()) return fail(Errc::unavailable, listener->last_error());
  }
  return Done{};
}

void Neighbourhood::export_counts(ops::Metrics& metrics) const {
  metrics.gauge_from("parley_redis_connected", "1 while all connections to Redis are up.",
                     [this] { return connected() ? 1.0 : 0.0; });
  metrics.gauge_from("parley_redis_refused_channels", "Channels that Redis refuses to this node.",
                     [this] { return static_cast<double>(permissions_.refused()); });
  metrics.gauge_from("parley_redis_refuses_writes",
                     "1 while Redis takes no writes, and answers all else.",
                     [this] { return permissions_.refuses_writes() ? 1.0 : 0.0; });
  const auto redis_counter = [&](std::string_view name, std::string_view help, auto member) {
    metrics.counter_from(name, help, [this, member] {
      return static_cast<double>(commands_.counts().*member + events_.counts().*member +
                                 changes_.counts().*member);
    });
  };
  using Commands = redis::Client::Counts;
  redis_counter("parley_redis_commands_total", "Commands sent to Redis.", &Commands::commands);
  redis_counter("parley_redis_failures_total", "Commands without a good answer.",
                &Commands::failures);
  redis_counter("parley_redis_dropped_total", "Messages dropped while Redis was away.",
                &Commands::dropped);
  const auto bus_counter = [&](std::string_view name, std::string_view help, auto member) {
    metrics.counter_from(name, help,
                         [this, member] { return static_cast<double>(bus_.counts().*member); });
  };
  using Changes = nodes::ChangeBus::Counts;
  bus_counter("parley_changes_published_total", "Changes told to other nodes.",
              &Changes::published);
  bus_counter("parley_changes_received_total", "Changes heard of from other nodes.",
              &Changes::received);
  metrics.gauge_from("parley_users_followed", "Users whose changes are listened to.",
                     [this] { return static_cast<double>(bus_.counts().followed); });
  const auto event_counter = [&](std::string_view name, std::string_view help, auto member) {
    metrics.counter_from(name, help,
                         [this, member] { return static_cast<double>(cluster_.counts().*member); });
  };
  event_counter("parley_cluster_published_total", "Socket.IO messages given to other servers.",
                &cluster::Counts::published);
  event_counter("parley_cluster_received_total", "Socket.IO messages from Redis.",
                &cluster::Counts::received);
  event_counter("parley_cluster_not_held_total", "Of those, for rooms that nobody here is in.",
                &cluster::Counts::not_held);
}

Task<Result<Done>> Neighbourhood::forget(chat::UserId user) {
  return forget_presence(commands_, user);
}

void Neighbourhood::stop_forwarding(std::chrono::milliseconds jitter) {
  home_.post([this] { directory_.close(); });
  forwarding_->drain(jitter);
}

void Neighbourhood::leave() {
  const auto has_left = std::make_shared<std::promise<void>>();
  home_.spawn("leave", say_goodbye(presence_, has_left));
  has_left->get_future().wait_for(goodbye);
}

Task<Result<Done>> forget_presence(redis::Client& redis, chat::UserId user) {
  const std::string devices = "parley:presence:" + user.hex();
  for (SteadyTime end = SteadyTime::clock::now() + longest_goodbye;
       SteadyTime::clock::now() < end;) {
    redis::Command question{"EXISTS", devices};
    const auto there = co_await redis.call(std::move(question));
    if (!there) co_return there.error();
    if (there->integer() != nullptr && *there->integer() == 0) break;
    co_await net::sleep_for(between_looks);
  }
  redis::Command command{"DEL", devices, "user:" + user.hex() + ":lastSeen",
                         "user:" + user.hex() + ":online"};
  const auto forgotten = co_await redis.call(std::move(command));
  if (!forgotten) co_return forgotten.error();
  co_return Done{};
}

Result<std::optional<redis::Config>> redis_config(const Settings& settings) {
  const Settings::Cluster& cluster = settings.cluster;
  if (!cluster.redis_url.empty()) {
    auto config = redis::parse_url(cluster.redis_url);
    if (!config) return config.error();
    return std::optional{std::move(*config)};
  }
  if (cluster.redis_host.empty()) return std::optional<redis::Config>{};
  redis::Config config;
  config.host = cluster.redis_host;
  config.port = cluster.redis_port;
  config.password = cluster.redis_password;
  return std::optional{std::move(config)};
}

}  // namespace parley::app
