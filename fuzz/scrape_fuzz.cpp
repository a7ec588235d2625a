// Any bytes as what /metrics answers: sums, buckets and quantiles of it are read without harm.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ops/scrape.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  using namespace parley::ops;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const std::string_view early = bytes.substr(0, bytes.find('\0'));
  const Scrape before{early, SteadyTime{}}, after{bytes, SteadyTime{}};
  for (const std::string_view family : {"a", "parley_sessions", ""}) {
    if (after.buckets(family).empty() && quantile(before, after, family, 0.5)) std::abort();
    after.sum(family);
    for (const double part : {0.0, 0.5, 0.99, 1.0}) {
      const auto bound = quantile(before, after, family, part);
      if (bound && std::isnan(*bound)) std::abort();
    }
  }
  after.value("parley_sessions{transport=\"polling\"}");
  return 0;
}
