// Frames as a server writes them.
#include "base/benchmarking.hpp"
#include "websocket/frame.hpp"

namespace parley::websocket {
namespace {

void encode(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(encode_frame(Opcode::text, payload));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encode)->Name("frame_encode")->Arg(100)->Arg(250)->Arg(100'000)->Apply(counted<>);

}  // namespace
}  // namespace parley::websocket
