#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace parley {

/// For `BENCHMARK(x)->Apply(counted<>)`: with PARLEY_COUNT in the environment the loop runs just
/// `iterations` times, so that the instructions of two revisions can be compared
/// (scripts/check --perf). Its name then ends in `/iterations:…`.
template <int iterations = 1'000>
void counted(benchmark::internal::Benchmark* one) {
  if (std::getenv("PARLEY_COUNT") != nullptr) one->Iterations(iterations);
}

}  // namespace parley
