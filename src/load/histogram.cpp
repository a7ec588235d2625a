#include "load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace parley::load {

std::size_t Histogram::index_of(std::uint64_t value) {
  if (value < halves) return value;
  const int shift = std::bit_width(value) - 1 - precision;
  return static_cast<std::size_t>(shift + 1) * halves + ((value >> shift) - halves);
}

std::uint64_t Histogram::upper_end(std::size_t index) {
  if (index < halves) return index;
  const auto shift = index / halves - 1;
  return ((index % halves + halves + 1) << shift) - 1;
}

void Histogram::add(std::chrono::nanoseconds value) {
  const std::int64_t known = std::max<std::int64_t>(value.count(), 0);
  const auto positive = std::min(static_cast<std::uint64_t>(known), limit - 1);
  ++buckets_[index_of(positive)];
  ++count_;
  sum_ += positive;
  max_ = std::max(max_, known);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < bucket_count; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::chrono::nanoseconds Histogram::mean() const {
  return std::chrono::nanoseconds{count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / count_)};
}

std::chrono::nanoseconds Histogram::at(double share) const {
  if (count_ == 0) return std::chrono::nanoseconds{0};
  const double exact = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const auto wanted = std::max<std::uint64_t>(static_cast<std::uint64_t>(exact), 1);
  std::uint64_t seen = 0;
  std::size_t index = 0;
  for (; index + 1 < bucket_count; ++index) {
    seen += buckets_[index];
    if (seen >= wanted) break;
  }
  // No value is above the greatest.
  return std::min(std::chrono::nanoseconds{static_cast<std::int64_t>(upper_end(index))}, max());
}

}  // namespace parley::load
