#include "store/mongo/feed.hpp"

#include "store/mongo/clock.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <limits>

namespace parley::store::mongo {

namespace {
constexpr chat::Version greatest = std::numeric_limits<chat::Version>::max();
}

Feed::Feed(Config config)
    : config_(std::move(config)), seen_(config_.conversations, config_.keep) {}

chat::Version Feed::subscribe(Executor executor, Subscriber subscriber) {
  const std::lock_guard lock(mutex_);
  Lane& lane = lane_of(subscribed_, executor);
  Subscribers all = lane.subscribers ? *lane.subscribers : Subscribers{};
  all.push_back(std::move(subscriber));
  lane.subscribers = std::make_shared<const Subscribers>(std::move(all));
  return greatest;
}

Task<void> Feed::follow(chat::UserId user) {
  {
    const std::lock_guard lock(mutex_);
    if (!bus_.follow) co_return;
    ++followed_[user].count;
  }
  co_await bus_.follow(user);
  const std::lock_guard lock(mutex_);
  const auto found = followed_.find(user);
  if (found != followed_.end() && !found->second.since) found->second.since = config_.clock();
}

void Feed::unfollow(chat::UserId user) {
  {
    const std::lock_guard lock(mutex_);
    if (!bus_.unfollow) return;
    const auto found = followed_.find(user);
    if (found != followed_.end() && --found->second.count == 0) followed_.erase(found);
  }
  bus_.unfollow(user);
}

chat::Version Feed::version_before(Time time) const { return VersionClock::floor_of(time); }

void Feed::on_gap(Executor executor, GapListener listener) {
  const std::lock_guard lock(mutex_);
  gap_listeners_.push_back({executor, std::move(listener)});
}

void Feed::set_bus(Bus bus) {
  const std::lock_guard lock(mutex_);
  bus_ = std::move(bus);
}

void Feed::set_outlet(Executor executor, Subscriber outlet) {
  const std::lock_guard lock(mutex_);
  outlet_ = Lane{executor, std::make_shared<const Subscribers>(1, std::move(outlet)), {}};
}

void Feed::set_arrived(Arrived arrived) {
  const std::lock_guard lock(mutex_);
  arrived_ = std::move(arrived);
}

void Feed::publish(std::vector<chat::Change> changes, std::vector<WaitingPtr> waiting) {
  const std::lock_guard lock(mutex_);
  const chat::ChangeBatchPtr batch = fresh(std::move(changes));
  std::vector<Lane> all = batch ? lanes() : std::vector<Lane>{};
  for (WaitingPtr& one : waiting) {
    if (const Executor* executor = one->executor())
      lane_of(all, *executor).waiting.push_back(std::move(one));
  }
  if (batch && outlet_) {
    std::vector<Lane> out;
    out.push_back({outlet_->executor, outlet_->subscribers, {}});
    post(std::move(out), batch);
  }
  post(std::move(all), batch);
}

void Feed::arrive(std::vector<chat::Change> changes) {
  const std::lock_guard lock(mutex_);
  const chat::ChangeBatchPtr batch = fresh(std::move(changes));
  if (!batch) return;
  if (arrived_) arrived_(batch);
  post(lanes(), batch);
}

void Feed::gap(Time since) {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = config_.clock();
  for (auto& [user, follower] : followed_) {
    if (follower.since) follower.since = now;
  }
  const chat::Version version = VersionClock::floor_of(since);
  for (const Listener& one : gap_listeners_)
    asio::post(one.executor, [call = one.call, version] { call(version); });
}

std::optional<SteadyTime> Feed::followed_since(chat::UserId user) const {
  const std::lock_guard lock(mutex_);
  const auto found = followed_.find(user);
  return found == followed_.end() ? std::nullopt : found->second.since;
}

/// Those that were not told before; nullptr when there are none.
chat::ChangeBatchPtr Feed::fresh(std::vector<chat::Change> changes) {
  const SteadyTime now = config_.clock();
  std::erase_if(changes, [&](chat::Change& one) { return !seen_.take(one, now); });
  if (changes.empty()) return nullptr;
  return std::make_shared<const chat::ChangeBatch>(chat::ChangeBatch{std::move(changes), greatest});
}

std::vector<Feed::Lane> Feed::lanes() const {
  std::vector<Lane> all;
  for (const Lane& lane : subscribed_) all.push_back({lane.executor, lane.subscribers, {}});
  return all;
}

Feed::Lane& Feed::lane_of(std::vector<Lane>& lanes, const Executor& executor) {
  const auto found = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& lane) {
    return &lane.executor.context() == &executor.context();
  });
  return found != lanes.end() ? *found : lanes.emplace_back(Lane{executor, nullptr, {}});
}

void Feed::post(std::vector<Lane> lanes, const chat::ChangeBatchPtr& batch) {
  for (Lane& lane : lanes) {
    const Executor executor = lane.executor;
    asio::post(executor, [lane = std::move(lane), batch]() mutable {
      if (batch && lane.subscribers) {
        for (const auto& subscriber : *lane.subscribers) subscriber(batch);
      }
      for (WaitingPtr& one : lane.waiting) {
        one->complete();
        one.reset();
      }
    });
  }
}

}  // namespace parley::store::mongo
