#include "store/embedded/cadence.hpp"

#include <algorithm>

namespace parley::store::embedded {

Cadence::Cadence(const Config& config)
    : max_pause_(config.max_pause), patience_(config.patience), interval_(config.alive_interval) {}

bool Cadence::add(bool urgent) {
  ++queued_;
  if (urgent) ++urgent_;
  const bool wake = wakes_ == Wakes::any || (urgent && wakes_ == Wakes::urgent);
  // The first one in a long time: it waits for company as if a batch had just been written.
  if (wakes_ == Wakes::any) patient_until_.reset();
  if (wake) wakes_ = Wakes::nobody;
  return wake;
}

std::optional<SteadyTime> Cadence::rest(SteadyTime now) {
  wakes_ = Wakes::nobody;
  if (closed_) return std::nullopt;
  if (now < pause_until_) return pause_until_;
  if (urgent_ > 0) return std::nullopt;
  // What can wait comes soon after a batch, mostly: it need not wake anybody.
  if (!patient_until_) patient_until_ = now + patience_;
  if (now < *patient_until_) {
    wakes_ = Wakes::urgent;
    return patient_until_;
  }
  const SteadyTime idle_until = *patient_until_ + interval_;
  if (queued_ > 0 || now >= idle_until) return std::nullopt;
  wakes_ = Wakes::any;
  return idle_until;
}

void Cadence::begin_batch(SteadyTime now) {
  began_ = now;
  urgent_taken_ = urgent_;
  queued_ = urgent_ = 0;
  patient_until_.reset();
}

bool Cadence::end_batch(SteadyTime now) {
  if (urgent_taken_ < small_batch) return false;
  pause_until_ = began_ + std::min(max_pause_, pause_factor * (now - began_));
  return true;
}

}  // namespace parley::store::embedded
