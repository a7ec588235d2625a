#include "ops/metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace parley::ops {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

bool is_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

void check_family_name(std::string_view name, MetricType type) {
  const bool counts = type == MetricType::Counter;
  if (!is_name(name) || name.ends_with("_total") != counts) {
    throw std::invalid_argument{"bad metric name: " + std::string{name}};
  }
}

std::vector<ClientMetric::Label> convert(const Labels& labels) {
  std::vector<ClientMetric::Label> out;
  for (const auto& [name, value] : labels) {
    if (!is_name(name)) throw std::invalid_argument{"bad label name: " + name};
    out.push_back({name, value});
  }
  return out;
}

ClientMetric histogram_metric(const Histogram::Snapshot& snapshot,
                              const std::vector<double>& bounds) {
  ClientMetric metric;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
    count += snapshot.counts[i];
    const bool last = i == bounds.size();
    const double bound = last ? std::numeric_limits<double>::infinity() : bounds[i];
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = snapshot.sum;
  return metric;
}

ClientMetric counter_metric(double value) {
  ClientMetric metric;
  metric.counter.value = value;
  return metric;
}

ClientMetric gauge_metric(double value) {
  ClientMetric metric;
  metric.gauge.value = value;
  return metric;
}

/// One line of a family (several for a histogram), and how its value is found.
struct Series {
  std::vector<ClientMetric::Label> labels;
  std::function<ClientMetric()> read;
  /// The Counter, Gauge or Histogram; null for a series that is read elsewhere.
  void* cells = nullptr;
};

struct Family {
  MetricType type = MetricType::Untyped;
  std::string help;
  std::vector<Series> series;
  std::string label;  ///< Of `read_many`.
  Metrics::ReadMany read_many;
};

MetricFamily collect(const std::string& name, const Family& family) {
  MetricFamily out{name, family.help, family.type, {}};
  for (const Series& series : family.series) {
    out.metric.push_back(series.read());
    out.metric.back().label = series.labels;
  }
  if (family.read_many) {
    for (const auto& [value, count] : family.read_many()) {
      out.metric.push_back(counter_metric(static_cast<double>(count)));
      out.metric.back().label = {{family.label, value}};
    }
  }
  return out;
}

}  // namespace

std::uint64_t Counter::value() const {
  std::uint64_t sum = 0;
  for (const auto& cell : cells_) sum += cell.value();
  return sum;
}

std::int64_t Gauge::value() const {
  std::int64_t sum = 0;
  for (const auto& cell : cells_) sum += cell.value();
  return sum;
}

Histogram::Histogram(std::size_t shards, std::vector<double> bounds)
    : bounds_(std::move(bounds)), shards_(shards) {
  if (!std::is_sorted(bounds_.begin(), bounds_.end())) {
    throw std::invalid_argument{"histogram bounds do not ascend"};
  }
  for (auto& shard : shards_) {
    shard.counts = std::make_unique<SingleWriter<std::uint64_t>[]>(bounds_.size() + 1);
  }
}

void Histogram::observe(std::size_t shard, double value) {
  auto& cells = shards_[shard];
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  cells.counts[static_cast<std::size_t>(bucket)].add(1);
  cells.sum.add(value);
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot snapshot{std::vector<std::uint64_t>(bounds_.size() + 1), 0};
  for (const auto& shard : shards_) {
    for (std::size_t i = 0; i < snapshot.counts.size(); ++i) {
      snapshot.counts[i] += shard.counts[i].value();
    }
    snapshot.sum += shard.sum.value();
  }
  return snapshot;
}

/// All families by name, and the cells that they show (a deque keeps their addresses).
struct Metrics::Families : prometheus::Collectable {
  std::vector<MetricFamily> Collect() const override {
    const std::lock_guard lock{mutex};
    std::vector<MetricFamily> out;
    for (const auto& [name, family] : by_name) out.push_back(collect(name, family));
    return out;
  }

  Family& family(std::string_view name, std::string_view help, MetricType type) {
    check_family_name(name, type);
    const auto [entry, is_new] = by_name.try_emplace(std::string{name});
    if (is_new) {
      entry->second.type = type;
      entry->second.help = help;
    } else if (entry->second.type != type) {
      throw std::invalid_argument{"metric of two kinds: " + std::string{name}};
    }
    return entry->second;
  }

  /// The series with these labels, or a new one whose cells `make` gives.
  template <class Cells, class Make, class Show>
  Cells& find_or_add(Family& family, const Labels& labels, Make make, Show show) {
    auto wanted = convert(labels);
    for (const Series& series : family.series) {
      if (series.labels == wanted && series.cells != nullptr) {
        return *static_cast<Cells*>(series.cells);
      }
    }
    Cells& cells = make();
    family.series.push_back({std::move(wanted), [&cells, show] { return show(cells); }, &cells});
    return cells;
  }

  void add_read(Family& family, const Labels& labels, std::function<ClientMetric()> read) {
    auto wanted = convert(labels);
    for (const Series& series : family.series) {
      if (series.labels == wanted) throw std::invalid_argument{"metric given twice"};
    }
    family.series.push_back({std::move(wanted), std::move(read), nullptr});
  }

  mutable std::mutex mutex;
  std::map<std::string, Family> by_name;
  std::deque<Counter> counters;
  std::deque<Gauge> gauges;
  std::deque<Histogram> histograms;
};

Metrics::Metrics(std::size_t shards) : shards_(shards), families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock{families_->mutex};
  const auto make = [this]() -> Counter& { return families_->counters.emplace_back(shards_); };
  const auto show = [](const Counter& c) { return counter_metric(static_cast<double>(c.value())); };
  auto& family = families_->family(name, help, MetricType::Counter);
  return families_->find_or_add<Counter>(family, labels, make, show);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  const std::lock_guard lock{families_->mutex};
  const auto make = [this]() -> Gauge& { return families_->gauges.emplace_back(shards_); };
  const auto show = [](const Gauge& g) { return gauge_metric(static_cast<double>(g.value())); };
  auto& family = families_->family(name, help, MetricType::Gauge);
  return families_->find_or_add<Gauge>(family, labels, make, show);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::vector<double> bounds, Labels labels) {
  const std::lock_guard lock{families_->mutex};
  const auto make = [&]() -> Histogram& {
    return families_->histograms.emplace_back(shards_, bounds);
  };
  const auto show = [](const Histogram& h) { return histogram_metric(h.snapshot(), h.bounds()); };
  auto& family = families_->family(name, help, MetricType::Histogram);
  return families_->find_or_add<Histogram>(family, labels, make, show);
}

void Metrics::counter_from(std::string_view name, std::string_view help, Read read, Labels labels) {
  const std::lock_guard lock{families_->mutex};
  auto& family = families_->family(name, help, MetricType::Counter);
  families_->add_read(family, labels, [read = std::move(read)] { return counter_metric(read()); });
}

void Metrics::gauge_from(std::string_view name, std::string_view help, Read read, Labels labels) {
  const std::lock_guard lock{families_->mutex};
  auto& family = families_->family(name, help, MetricType::Gauge);
  families_->add_read(family, labels, [read = std::move(read)] { return gauge_metric(read()); });
}

void Metrics::histogram_from(std::string_view name, std::string_view help,
                             std::vector<double> bounds, ReadHistogram read, Labels labels) {
  const std::lock_guard lock{families_->mutex};
  auto& family = families_->family(name, help, MetricType::Histogram);
  families_->add_read(family, labels, [read = std::move(read), bounds = std::move(bounds)] {
    return histogram_metric(read(), bounds);
  });
}

void Metrics::counters_from(std::string_view name, std::string_view help, std::string_view label,
                            ReadMany read) {
  if (!is_name(label)) throw std::invalid_argument{"bad label name: " + std::string{label}};
  const std::lock_guard lock{families_->mutex};
  auto& family = families_->family(name, help, MetricType::Counter);
  if (family.read_many) throw std::invalid_argument{"metric given twice: " + std::string{name}};
  family.label = label;
  family.read_many = std::move(read);
}

std::string Metrics::expose() const {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, families_->Collect());
  return std::move(out).str();
}

std::vector<double> latency_bounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

}  // namespace parley::ops
