#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "base/task.hpp"
#include "base/time.hpp"
#include "chat/ports/notices.hpp"
#include "chat/ports/presence_store.hpp"
#include "jobs/queue.hpp"
#include "mail/jobs_of.hpp"
#include "mail/notice_budget.hpp"
#include "net/shard.hpp"

namespace parley::mail {

/// Whether a user has a device here. Called by any thread, once a message: fast.
using IsHere = std::function<bool(const chat::UserId&)>;

/// Where the store commits a message and its job together.
class BatchNotices final : public chat::Notices {
 public:
  explicit BatchNotices(IsHere is_online) : is_online_(std::move(is_online)) {}
  bool joins(const chat::UserId& receiver) const override { return !is_online_(receiver); }
  void sent(const chat::Message&) override {}

 private:
  const IsHere is_online_;
};

/// Where the queue is another store than the messages': adds the job after the message, when its
/// receiver is on no node. What cannot be added now is kept, within limits, and tried again. Any
/// shard.
class QueuedNotices final : public chat::Notices {
 public:
  struct Config {
    Pace pace{};
    std::chrono::milliseconds retry_every = 3s;
    std::size_t max_kept = 10'000;          ///< Jobs that wait for the queue to come back.
    std::size_t max_kept_bytes = 64 << 20;  ///< Of their contents; more: dropped, counted, logged.
    std::size_t max_under_way = 1'000;      ///< Adds at the same time; more are kept.
    Time (*clock)() = wall_now;
    std::shared_ptr<NoticeBudget> budget = std::make_shared<NoticeBudget>();
  };

  /// `home` is where kept jobs are tried again. `producer` and `presence` outlive
  /// the shards' threads.
  QueuedNotices(net::Shard& home, jobs::Producer& producer, chat::PresenceStore& presence,
                IsHere is_here, Config config);
  /// After stop(), or after the shards have stopped.
  ~QueuedNotices() override;

  bool joins(const chat::UserId&) const override { return false; }
  void sent(const chat::Message& message) override;

  /// Waits for the adds that are under way and tries what is kept, up to `grace`; what is left then
  /// is lost, and logged. Home shard, after the last sent().
  Task<void> stop(std::chrono::milliseconds grace);

  struct Stats {
    std::uint64_t queued = 0;   ///< Jobs added; one that stood there already counts, too.
    std::uint64_t dropped = 0;  ///< Lost for want of room, or refused.
    std::uint64_t kept = 0;     ///< Waiting now.
  };
  Stats stats() const;  ///< Any thread.

 private:
  class State;
  const std::shared_ptr<State> state_;
};

}  // namespace parley::mail
