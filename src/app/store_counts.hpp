#pragma once

#include <atomic>
#include <vector>

#include "ops/metrics.hpp"
#include "store/embedded/stats.hpp"

namespace parley::app {

// How the counts of a store are read for /metrics.

inline double as_number(const std::atomic<std::uint64_t>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}

template <std::size_t size>
ops::Histogram::Snapshot snapshot(const store::embedded::Histogram<size>& histogram) {
  ops::Histogram::Snapshot out;
  for (std::size_t bucket = 0; bucket <= size; ++bucket)
    out.counts.push_back(histogram.count(bucket));
  out.sum = histogram.sum();
  return out;
}

template <std::size_t size>
std::vector<double> bounds(const store::embedded::Histogram<size>& histogram) {
  return {histogram.bounds().begin(), histogram.bounds().end()};
}

}  // namespace parley::app
