// Events as a server writes them, once for all their receivers: packet, engine message and frame.
#include "base/benchmarking.hpp"
#include "socketio/event.hpp"

namespace parley::socketio {
namespace {

Payload payload_of(std::size_t size) {
  return {"[{\"text\":\"" + std::string(size, 'x') + "\"}]", {}};
}

void encode(benchmark::State& state) {
  const Payload args = payload_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(encode_event("/", "receive_message", args));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encode)->Name("event_encode")->Arg(20)->Arg(250)->Arg(10'000)->Apply(counted<>);

void acknowledge(benchmark::State& state) {
  const Payload args = payload_of(60);
  for (auto _ : state) benchmark::DoNotOptimize(encode_ack("/", 4'711, args));
}
BENCHMARK(acknowledge)->Name("ack_encode")->Apply(counted<>);

}  // namespace
}  // namespace parley::socketio
