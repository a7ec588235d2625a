#include "mail/notices.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ops/log.hpp"

namespace parley::mail {

namespace {

using namespace std::chrono_literals;

/// Between two looks whether stop() was called.
constexpr auto tick = 20ms;
/// Between two lines of the log.
constexpr auto log_interval = 10s;

/// A notice that may have to be sent.
struct Item {
  chat::UserId sender, receiver;
  jobs::NewJob job;

  std::size_t bytes() const { return sizeof(Item) + job.data.size(); }
};

bool is_temporary(const Error& error) { return info(error.code).temporary; }

}  // namespace

/// What the shards share: coroutines of several may be here at once.
class QueuedNotices::State : public std::enable_shared_from_this<QueuedNotices::State> {
 public:
  State(net::Shard& home, jobs::Producer& producer, chat::PresenceStore& presence, IsHere is_here,
        Config config)
      : home_(home),
        producer_(producer),
        presence_(presence),
        is_here_(std::move(is_here)),
        config_(config) {}

  void sent(const chat::Message& message);
  Task<void> stop(std::chrono::milliseconds grace);
  Stats stats() const;

 private:
  static Task<void> add_now(std::shared_ptr<State> self, Item item);
  static Task<void> retry(std::shared_ptr<State> self);
  /// Done when there is a job now, or none is needed.
  Task<Result<Done>> add(Item item);
  /// Waits for the next round of retry().
  Task<void> rest();
  /// Keeps it for later, when there is room.
  void keep(Item item, const Error& why);
  void drop(const Item& item, const Error& why);
  std::optional<Item> take_kept();
  bool is_idle() const;
  void warn(std::string_view message, const Error& why);

  net::Shard& home_;
  jobs::Producer& producer_;
  chat::PresenceStore& presence_;
  const IsHere is_here_;
  const Config config_;

  std::atomic<std::uint64_t> queued_{0}, dropped_{0};
  std::atomic<std::size_t> under_way_{0};
  std::atomic<bool> is_stopping_{false};
  std::atomic<SteadyTime> next_log_{SteadyTime{}};

  mutable std::mutex mutex_;
  std::deque<Item> kept_;
  std::size_t kept_bytes_ = 0;
  bool is_retrying_ = false;
  bool has_ended_ = false;
};

void QueuedNotices::State::sent(const chat::Message& message) {
  if (message.delivered_at || is_here_(message.receiver)) return;
  if (!config_.budget->take(message.sender, std::chrono::steady_clock::now())) return;
  Item item{message.sender, message.receiver, job_of_message(message, config_.pace)};
  if (under_way_.load(std::memory_order_relaxed) >= config_.max_under_way)
    return keep(std::move(item), fail(Errc::overloaded, "many notices are being added"));
  ++under_way_;
  net::Shard* const here = net::Shard::current();
  (here ? *here : home_).spawn("add a notice", add_now(shared_from_this(), std::move(item)));
}

Task<void> QueuedNotices::State::add_now(std::shared_ptr<State> self, Item item) {
  const auto added = co_await self->add(item);
  if (!added) self->keep(std::move(item), added.error());
  --self->under_way_;
}

Task<Result<Done>> QueuedNotices::State::add(Item item) {
  std::vector<chat::UserId> asked{item.receiver};
  const auto found = co_await presence_.status(std::move(asked));
  if (!found) co_return found.error();
  if (!found->empty() && found->front().online) {
    config_.budget->give_back(item.sender);
    co_return Done{};
  }
  // Whoever stops asks no more: a mail too many is better than one that is lost.
  if (!presence_.is_settled() && !is_stopping_)
    co_return fail(Errc::unavailable, "who is connected elsewhere is not known yet");
  const auto added = co_await producer_.add(std::move(item.job), config_.clock());
  if (!added) co_return added.error();
  if (!added->is_new) config_.budget->give_back(item.sender);
  ++queued_;
  co_return Done{};
}

void QueuedNotices::State::keep(Item item, const Error& why) {
  if (!is_temporary(why)) return drop(item, why);
  std::unique_lock lock{mutex_};
  const bool is_full = kept_.size() >= config_.max_kept ||
                       kept_bytes_ + item.bytes() > config_.max_kept_bytes || has_ended_;
  if (is_full) {
    lock.unlock();
    return drop(item, why);
  }
  kept_bytes_ += item.bytes();
  kept_.push_back(std::move(item));
  const bool begins = !std::exchange(is_retrying_, true);
  lock.unlock();
  warn("notices wait for the queue", why);
  if (!begins) return;
  home_.post([self = shared_from_this()] { self->home_.spawn("retry notices", retry(self)); });
}

void QueuedNotices::State::drop(const Item& item, const Error& why) {
  ++dropped_;
  config_.budget->give_back(item.sender);
  warn("a notice is lost", why);
}

std::optional<Item> QueuedNotices::State::take_kept() {
  const std::lock_guard lock{mutex_};
  if (kept_.empty() || has_ended_) {
    is_retrying_ = false;
    return std::nullopt;
  }
  Item item = std::move(kept_.front());
  kept_.pop_front();
  kept_bytes_ -= item.bytes();
  return item;
}

Task<void> QueuedNotices::State::retry(std::shared_ptr<State> self) {
  for (bool failed = true;;) {
    if (failed) co_await self->rest();
    std::optional<Item> item = self->take_kept();
    if (!item) co_return;
    ++self->under_way_;
    const auto added = co_await self->add(*item);
    if (!added) self->keep(std::move(*item), added.error());
    --self->under_way_;
    failed = !added && is_temporary(added.error());
  }
}

Task<void> QueuedNotices::State::rest() {
  const auto until = std::chrono::steady_clock::now() + config_.retry_every;
  do {
    co_await net::sleep_for(tick);
  } while (!is_stopping_ && std::chrono::steady_clock::now() < until);
}

bool QueuedNotices::State::is_idle() const {
  const std::lock_guard lock{mutex_};
  return kept_.empty() && under_way_ == 0;
}

Task<void> QueuedNotices::State::stop(std::chrono::milliseconds grace) {
  is_stopping_ = true;
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (!is_idle() && std::chrono::steady_clock::now() < deadline) co_await net::sleep_for(tick);
  std::size_t lost = 0;
  {
    const std::lock_guard lock{mutex_};
    has_ended_ = true;
    lost = kept_.size();
    kept_.clear();
    kept_bytes_ = 0;
  }
  dropped_ += lost;
  if (lost > 0) ops::log().warn("notices are lost: the queue did not come back", {{"count", lost}});
}

void QueuedNotices::State::warn(std::string_view message, const Error& why) {
  const SteadyTime now = std::chrono::steady_clock::now();
  SteadyTime next = next_log_.load(std::memory_order_relaxed);
  if (now < next || !next_log_.compare_exchange_strong(next, now + log_interval)) return;
  const Stats counts = stats();
  ops::log().warn(
      message,
      {{"reason", info(why.code).code}, {"waiting", counts.kept}, {"lost", counts.dropped}});
}

QueuedNotices::Stats QueuedNotices::State::stats() const {
  const std::lock_guard lock{mutex_};
  return {queued_.load(), dropped_.load(), kept_.size()};
}

QueuedNotices::QueuedNotices(net::Shard& home, jobs::Producer& producer,
                             chat::PresenceStore& presence, IsHere is_here, Config config)
    : state_(std::make_shared<State>(home, producer, presence, std::move(is_here), config)) {}

QueuedNotices::~QueuedNotices() = default;

void QueuedNotices::sent(const chat::Message& message) { state_->sent(message); }

Task<void> QueuedNotices::stop(std::chrono::milliseconds grace) { co_await state_->stop(grace); }

QueuedNotices::Stats QueuedNotices::stats() const { return state_->stats(); }

}  // namespace parley::mail
