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
  Lane& lane = lane_of(executor);
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
  outlet_ = std::make_shared<Lane>(std::move(executor));
  outlet_->subscribers = std::make_shared<const Subscribers>(1, std::move(outlet));
}

void Feed::set_arrived(Arrived arrived) {
  const std::lock_guard lock(mutex_);
  arrived_ = std::move(arrived);
}

void Feed::publish(std::vector<chat::Change> changes, std::vector<WaitingPtr> waiting) {
  const std::lock_guard lock(mutex_);
  const chat::ChangeBatchPtr batch = fresh(std::move(changes));
  for (WaitingPtr& one : waiting) {
    if (const Executor* executor = one->executor())
      lane_of(*executor).waiting.push_back(std::move(one));
  }
  if (outlet_) post(*outlet_, batch);
  post(batch);
}

void Feed::arrive(std::vector<chat::Change> changes) {
  const std::lock_guard lock(mutex_);
  const chat::ChangeBatchPtr batch = fresh(std::move(changes));
  if (!batch) return;
  if (arrived_) arrived_(batch);
  post(batch);
}

void Feed::gap(Time since) {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = config_.clock();
  for (auto& [user, follower] : followed_) {
    if (follower.since) follower.since = now;
  }
  const chat::Version version = VersionClock::floor_of(since);
  for (const Listener& one : gap_listeners_)
    lane_of(one.executor).add({nullptr, nullptr, {}, [call = one.call, version] {
                                 call(version);
                               }});
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

Feed::Lane& Feed::lane_of(const Executor& executor) {
  const auto found = std::find_if(lanes_.begin(), lanes_.end(), [&](const LanePtr& lane) {
    return &lane->executor.context() == &executor.context();
  });
  return found != lanes_.end() ? **found : *lanes_.emplace_back(std::make_shared<Lane>(executor));
}

void Feed::post(const chat::ChangeBatchPtr& batch) {
  for (const LanePtr& lane : lanes_) post(*lane, batch);
}

void Feed::post(Lane& lane, const chat::ChangeBatchPtr& batch) {
  const bool is_told = batch && lane.subscribers;
  if (!is_told && lane.waiting.empty()) return;
  lane.add({is_told ? batch : nullptr, lane.subscribers, std::exchange(lane.waiting, {}), {}});
}

/// Runs the oldest post, which another thread may have added; or drops one, with its executor.
class Feed::Lane::Turn {
 public:
  explicit Turn(LanePtr lane) : lane_(std::move(lane)) {}
  Turn(Turn&&) = default;
  ~Turn() {
    if (lane_) lane_->take();
  }
  void operator()() { std::exchange(lane_, nullptr)->take().run(); }

 private:
  LanePtr lane_;
};

void Feed::Lane::add(Post post) {
  {
    const std::lock_guard lock(mutex_);
    posts_.push_back(std::move(post));
  }
  asio::post(executor, Turn(shared_from_this()));
}

Feed::Post Feed::Lane::take() {
  const std::lock_guard lock(mutex_);
  Post oldest = std::move(posts_.front());
  posts_.pop_front();
  return oldest;
}

void Feed::Post::run() {
  if (gap) gap();
  if (batch) {
    for (const auto& subscriber : *subscribers) subscriber(batch);
  }
  for (WaitingPtr& one : waiting) {
    one->complete();
    one.reset();
  }
}

}  // namespace parley::store::mongo
