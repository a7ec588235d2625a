#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "chat/ports/feed.hpp"
#include "store/mongo/seen.hpp"

namespace parley::store::mongo {

/// Somebody who waits for a write.
class Waiting {
 public:
  virtual ~Waiting() = default;
  /// Tells them. On `executor`.
  virtual void complete() = 0;
  /// nullptr: nobody waits.
  virtual const Executor* executor() const = 0;
};
using WaitingPtr = std::unique_ptr<Waiting>;

/// The one point where what this node wrote and what others tell become one order: a message comes
/// once and after those before it, a watermark moves forward. Bounded memory; any thread. Joined
/// with other nodes by the bus: `set_outlet` takes what was new here, `arrive` gives what is new
/// there. Source: ADR 0006.
class Feed final : public chat::Feed {
 public:
  struct Config {
    std::size_t conversations = 100'000;  ///< About 200 bytes each, of those active lately.
    /// What is repeated is still known.
    std::chrono::steady_clock::duration keep = chat::repeats_for + std::chrono::minutes{1};
    std::function<SteadyTime()> clock = &std::chrono::steady_clock::now;
  };
  /// How the bus follows users. `follow` may be called by any shard and comes back there.
  struct Bus {
    std::function<Task<void>(chat::UserId)> follow;
    std::function<void(chat::UserId)> unfollow;
  };
  using Arrived = std::function<void(const chat::ChangeBatchPtr&)>;

  Feed() : Feed(Config{}) {}
  explicit Feed(Config config);

  /// Gives the greatest version there is.
  chat::Version subscribe(Executor executor, Subscriber subscriber) override;
  Task<void> follow(chat::UserId user) override;
  void unfollow(chat::UserId user) override;
  chat::Version version_before(Time time) const override;
  void on_gap(Executor executor, GapListener listener) override;

  /// Before the server opens.
  void set_bus(Bus bus);
  /// `outlet` runs on `executor` with what this node wrote, in order.
  void set_outlet(Executor executor, Subscriber outlet);
  /// `arrived` runs in the call of `arrive`, before anybody else hears of it; it only takes note.
  void set_arrived(Arrived arrived);

  /// What was committed here; then completes those who waited: one post an executor.
  void publish(std::vector<chat::Change> changes, std::vector<WaitingPtr> waiting = {});
  /// What another node published.
  void arrive(std::vector<chat::Change> changes);
  /// Changes of other nodes may have been missed, and come again from now on.
  /// None of before `since` was.
  void gap(Time since);

  /// Since when everything about `user` that other nodes write comes here; nullopt: it need not.
  std::optional<SteadyTime> followed_since(chat::UserId user) const;

 private:
  using Subscribers = std::vector<Subscriber>;
  /// What one executor is told at once.
  struct Post {
    chat::ChangeBatchPtr batch;
    std::shared_ptr<const Subscribers> subscribers;
    std::vector<WaitingPtr> waiting;
    std::function<void()> gap;

    void run();
  };
  /// The posts to one executor, in order whoever adds them: asio lets what another thread posts
  /// overtake what the executor's own thread has posted in the same handler.
  class Lane : public std::enable_shared_from_this<Lane> {
   public:
    explicit Lane(Executor its) : executor(std::move(its)) {}
    void add(Post post);

    const Executor executor;
    std::shared_ptr<const Subscribers> subscribers;
    std::vector<WaitingPtr> waiting;  ///< For the next post.

   private:
    class Turn;
    Post take();

    std::mutex mutex_;
    std::deque<Post> posts_;
  };
  using LanePtr = std::shared_ptr<Lane>;
  struct Listener {
    Executor executor;
    GapListener call;
  };
  struct Follower {
    std::size_t count = 0;
    std::optional<SteadyTime> since;
  };

  chat::ChangeBatchPtr fresh(std::vector<chat::Change> changes);
  Lane& lane_of(const Executor& executor);
  void post(const chat::ChangeBatchPtr& batch);
  static void post(Lane& lane, const chat::ChangeBatchPtr& batch);

  const Config config_;
  mutable std::mutex mutex_;  ///< Held while posting: the posts of two callers stay in order.
  Seen seen_;
  std::vector<LanePtr> lanes_;
  LanePtr outlet_;
  std::vector<Listener> gap_listeners_;
  Arrived arrived_;
  Bus bus_;
  std::unordered_map<chat::UserId, Follower> followed_;
};

}  // namespace parley::store::mongo
