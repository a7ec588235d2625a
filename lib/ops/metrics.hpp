#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/single_writer.hpp"

namespace parley::ops {

/// Label names and values of one series, e.g. `{{"cause", "token"}}`: small fixed sets, never a
/// user or room.
using Labels = std::vector<std::pair<std::string, std::string>>;

namespace detail {

/// A shard's number, in a cache line of its own so that shards do not slow each other down.
template <class Number>
struct alignas(64) Cell : SingleWriter<Number> {};

}  // namespace detail

/// A sum that only grows. `shard` names the caller's own cell: two threads never add under one
/// index.
class Counter {
 public:
  explicit Counter(std::size_t shards) : cells_(shards) {}

  void add(std::size_t shard, std::uint64_t n = 1) { cells_[shard].add(n); }
  /// All shards' cells added up. Any thread.
  std::uint64_t value() const;

 private:
  std::vector<detail::Cell<std::uint64_t>> cells_;  ///< By shard.
};

/// A level that goes up and down; shards keep their own part of it, shown is the sum.
class Gauge {
 public:
  explicit Gauge(std::size_t shards) : cells_(shards) {}

  void add(std::size_t shard, std::int64_t n) { cells_[shard].add(n); }
  void set(std::size_t shard, std::int64_t n) { cells_[shard].set(n); }
  std::int64_t value() const;

 private:
  std::vector<detail::Cell<std::int64_t>> cells_;  ///< By shard.
};

/// How values spread over buckets, e.g. seconds of latency. Single writer per shard, as Counter.
class Histogram {
 public:
  /// `bounds`: the buckets' upper bounds, ascending; one for everything above is added.
  Histogram(std::size_t shards, std::vector<double> bounds);

  /// Costs a search in `bounds` and two additions.
  void observe(std::size_t shard, double value);

  struct Snapshot {
    /// Per bucket, not cumulative; the last one is above all bounds.
    std::vector<std::uint64_t> counts;
    double sum = 0;
  };
  Snapshot snapshot() const;
  const std::vector<double>& bounds() const { return bounds_; }

 private:
  struct alignas(64) ShardCells {
    std::unique_ptr<SingleWriter<std::uint64_t>[]> counts;
    SingleWriter<double> sum;
  };
  std::vector<double> bounds_;
  std::vector<ShardCells> shards_;
};

/// The program's metrics in Prometheus' text format. Filled while starting up (any thread, locked);
/// what it gives lives as long as it and costs no lock to use.
///
/// A family has one kind, one help text and one set of label names; the same name and labels give
/// the same series again. Names end in their unit: `_total` for counters and nothing else,
/// `_seconds` or `_bytes` where there is one. A bad name, or one used for two kinds, throws
/// std::invalid_argument.
class Metrics {
 public:
  explicit Metrics(std::size_t shards);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                       Labels labels = {});

  /// A value that is read when somebody asks, e.g. from another room's counts(). `read` may be
  /// called on any thread, and until this object is gone.
  using Read = std::function<double()>;
  void counter_from(std::string_view name, std::string_view help, Read read, Labels labels = {});
  void gauge_from(std::string_view name, std::string_view help, Read read, Labels labels = {});
  /// A histogram that another room keeps; the snapshot has one count more than there are bounds.
  using ReadHistogram = std::function<Histogram::Snapshot()>;
  void histogram_from(std::string_view name, std::string_view help, std::vector<double> bounds,
                      ReadHistogram read, Labels labels = {});
  /// A family with one label whose values are known only when asked, e.g. closes by reason.
  using ReadMany = std::function<std::vector<std::pair<std::string, std::uint64_t>>()>;
  void counters_from(std::string_view name, std::string_view help, std::string_view label,
                     ReadMany read);

  /// Everything in the text exposition format, version 0.0.4 (`content_type`). Any thread.
  std::string expose() const;
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Families;
  std::size_t shards_;
  std::unique_ptr<Families> families_;
};

/// Bounds from 100 µs to 10 s, for latencies.
std::vector<double> latency_bounds();

}  // namespace parley::ops
