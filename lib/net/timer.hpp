#pragma once

#include <boost/intrusive/set.hpp>
#include <cstddef>

#include "base/time.hpp"

namespace parley::net {

class Timers;

/// A one-shot deadline that its owner embeds: 56 bytes, no allocation, cancelled by destruction.
/// Lives on one shard. Never fires early; fires at most about a millisecond late on an idle shard.
class Timer : public boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>> {
 public:
  using Callback = void (*)(void* owner);

  Timer(Timers& timers, void* owner, Callback callback)
      : timers_(&timers), owner_(owner), callback_(callback) {}
  ~Timer() { stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// A Timer that calls `(owner.*method)()`:
  /// `Timer timer{Timer::calling<&Session::on_tick>(timers, *this)};`
  template <auto method, class Owner>
  static Timer calling(Timers& timers, Owner& owner) {
    return Timer{timers, &owner, [](void* self) { (static_cast<Owner*>(self)->*method)(); }};
  }

  /// Fires once at `deadline`; replaces an earlier deadline. Callable from within the callback.
  void start(SteadyTime deadline);
  void stop();
  bool is_running() const { return is_linked(); }
  SteadyTime deadline() const { return deadline_; }

  friend bool operator<(const Timer& a, const Timer& b) { return a.deadline_ < b.deadline_; }

 private:
  friend class Timers;
  Timers* timers_;
  void* owner_;
  Callback callback_;
  SteadyTime deadline_{};
};

/// The timers of one shard, ordered by deadline. Decides only: `Shard` waits and calls `run`.
class Timers {
 public:
  /// Calls `wake` whenever the earliest deadline became earlier.
  explicit Timers(void* owner = nullptr, Timer::Callback wake = nullptr)
      : owner_(owner), wake_(wake) {}
  /// Stops what still waits.
  ~Timers() { set_.clear(); }
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// Fires everything due at `now`; a callback may start, stop or destroy any timer. One that is
  /// started anew for a time that is past already may have to wait for the next call.
  void run(SteadyTime now);
  /// SteadyTime::max() when nothing waits.
  SteadyTime next_deadline() const;
  std::size_t size() const { return set_.size(); }

 private:
  friend class Timer;
  boost::intrusive::multiset<Timer> set_;
  void* owner_;
  Timer::Callback wake_;
};

}  // namespace parley::net
