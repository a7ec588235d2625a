// Polling bodies of eight packets, both ways, and the binary ones' base64.
#include "base/benchmarking.hpp"
#include "engineio/payload.hpp"

namespace parley::engineio {
namespace {

std::string payload_of(const Message& packet) {
  std::string payload;
  for (int i = 0; i < 8; ++i) append_packet(payload, packet);
  return payload;
}

void read(benchmark::State& state, const Message& packet) {
  const std::string payload = payload_of(packet);
  for (auto _ : state) {
    PayloadReader reader{payload};
    while (!reader.at_end()) {
      auto element = reader.next();
      if (!element) return state.SkipWithError("refused");
      benchmark::DoNotOptimize(element);
    }
  }
  state.SetItemsProcessed(state.iterations() * 8);
}
BENCHMARK_CAPTURE(read, text, Message::text(std::string(200, 'x')))
    ->Name("payload_read_8_texts")
    ->Apply(counted<>);
BENCHMARK_CAPTURE(read, binary, Message::binary(std::string(200, '\x80')))
    ->Name("payload_read_8_binaries")
    ->Apply(counted<>);

void write(benchmark::State& state, const Message& packet) {
  for (auto _ : state) benchmark::DoNotOptimize(payload_of(packet));
  state.SetItemsProcessed(state.iterations() * 8);
}
BENCHMARK_CAPTURE(write, text, Message::text(std::string(200, 'x')))
    ->Name("payload_write_8_texts")
    ->Apply(counted<>);
BENCHMARK_CAPTURE(write, binary, Message::binary(std::string(200, '\x80')))
    ->Name("payload_write_8_binaries")
    ->Apply(counted<>);

}  // namespace
}  // namespace parley::engineio
