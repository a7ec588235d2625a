#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/time.hpp"
#include "store/embedded/config.hpp"

namespace parley::store::embedded {

/// When the committer's batches begin, and whether a new operation wakes its thread until then.
/// An urgent operation begins a batch, the others go with it or wait for `Config::patience`. Under
/// load batches begin some time apart, so that more operations share a sync. No lock and no clock:
/// its owner has both. Source: ADR 0010.
class Cadence {
 public:
  /// A batch with fewer urgent operations than this is no load: the next one begins at once.
  static constexpr std::size_t small_batch = 4;
  /// A batch begins no sooner than so many times the duration of the last one after its beginning.
  static constexpr int pause_factor = 4;

  explicit Cadence(const Config& config);

  /// An operation is queued. True: wake the thread.
  bool add(bool urgent);
  /// From now on nothing is waited for. Wake the thread.
  void close() { closed_ = true; }
  bool is_closed() const { return closed_; }

  /// Until when the thread is to sleep, unless it is woken. nullopt: a batch begins now, with
  /// whatever is queued; with nothing, after an idle `Config::alive_interval` or once closed.
  std::optional<SteadyTime> rest(SteadyTime now);
  /// All that is queued is taken.
  void begin_batch(SteadyTime now);
  /// It is written. True: it shows load.
  bool end_batch(SteadyTime now);

 private:
  /// Who wakes the thread while it rests.
  enum class Wakes { nobody, urgent, any };

  const SteadyTime::duration max_pause_, patience_, interval_;
  std::size_t queued_ = 0;
  std::size_t urgent_ = 0;        ///< Of those queued.
  std::size_t urgent_taken_ = 0;  ///< Of those in the last batch.
  Wakes wakes_ = Wakes::nobody;
  bool closed_ = false;
  SteadyTime began_{};
  SteadyTime pause_until_{};
  std::optional<SteadyTime> patient_until_;  ///< Only what is urgent wakes anybody till then.
};

}  // namespace parley::store::embedded
