// A client's bytes to messages: several frames in one read, as a busy connection has them, and one
// frame that comes in pieces.
#include "base/benchmarking.hpp"
#include "websocket/client_frame.hpp"
#include "websocket/parser.hpp"

namespace parley::websocket {
namespace {

class Count final : public FrameSink {
 public:
  bool on_message(Opcode, std::span<char> payload, bool) override {
    bytes += payload.size();
    return true;
  }
  bool on_ping(std::string_view) override { return true; }
  bool on_pong(std::string_view) override { return true; }
  void on_close_frame(std::optional<std::uint16_t>, std::string_view) override {}
  std::size_t bytes = 0;
};

/// The masked bytes are unmasked in place, so every round begins with a copy.
void parse(benchmark::State& state) {
  const std::string frame =
      client_frame(Opcode::text, std::string(static_cast<std::size_t>(state.range(0)), 'x'));
  std::string sent;
  for (int i = 0; i < 4; ++i) sent += frame;
  std::string bytes;
  FrameParser parser;
  Count count;
  for (auto _ : state) {
    bytes = sent;
    if (parser.parse(bytes, {}, count).failure) return state.SkipWithError("refused");
  }
  state.SetItemsProcessed(state.iterations() * 4);
  benchmark::DoNotOptimize(count.bytes);
}
BENCHMARK(parse)->Name("frame_parse_4")->Arg(20)->Arg(200)->Arg(10'000)->Apply(counted<>);

void parse_pieces(benchmark::State& state) {
  const std::string sent = client_frame(Opcode::text, std::string(1'000, 'x'));
  std::string bytes;
  FrameParser parser;
  Count count;
  for (auto _ : state) {
    bytes = sent;
    const std::span<char> all{bytes};
    if (parser.parse(all.first(5), {}, count).failure ||
        parser.parse(all.subspan(5, 495), {}, count).failure ||
        parser.parse(all.subspan(500), {}, count).failure) {
      return state.SkipWithError("refused");
    }
  }
  benchmark::DoNotOptimize(count.bytes);
}
BENCHMARK(parse_pieces)->Name("frame_parse_in_3_pieces")->Apply(counted<>);

}  // namespace
}  // namespace parley::websocket
