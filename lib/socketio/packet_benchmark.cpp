// A client's packets: an event of the usual size with an acknowledgement, one with escapes, one
// nested, an answer, and a binary event with its attachment.
#include "base/benchmarking.hpp"
#include "socketio/decoder.hpp"

namespace parley::socketio {
namespace {

constexpr std::string_view event =
    R"(217["send_message",{"receiverId":"65f1c0ffee65f1c0ffee0001",)"
    R"("content":"See you at eight, and bring the book that you told me about.",)"
    R"("clientId":"0b8f9a50-6a3c-4c26-8f0e-0f2a35a1a0c7"}])";
constexpr std::string_view escaped =
    R"(2["send_\u006dessage",{"content":"a \"quoted\" word\n\u00e4\u00f6\u00fc\ud83d\ude00"}])";
constexpr std::string_view nested =
    R"(2["a",[[[[{"b":[1,2.5,-3e7,true,null,{"c":[[[]]]}]}]]],{"d":{"e":{"f":{}}}}]])";
constexpr std::string_view answer =
    R"(317[{"success":true,"messageId":"65f1c0ffee65f1c0ffee0002"}])";

void decode(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    Findings findings;
    auto packet = decode_packet(text, findings);
    if (!packet) return state.SkipWithError("refused");
    benchmark::DoNotOptimize(packet);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(decode, event, event)->Name("packet_decode_event")->Apply(counted<>);
BENCHMARK_CAPTURE(decode, escaped, escaped)->Name("packet_decode_escaped")->Apply(counted<>);
BENCHMARK_CAPTURE(decode, nested, nested)->Name("packet_decode_nested")->Apply(counted<>);
BENCHMARK_CAPTURE(decode, ack, answer)->Name("packet_decode_ack")->Apply(counted<>);

void decode_attachment(benchmark::State& state) {
  const PacketLimits limits;
  Decoder decoder{limits};
  const std::string bytes(1'000, '\x80');
  for (auto _ : state) {
    Findings findings;
    auto waiting = decoder.on_text(R"(51-["file",{"_placeholder":true,"num":0}])", findings);
    auto whole = decoder.on_binary(bytes);
    if (!waiting || !whole || !*whole) return state.SkipWithError("refused");
    benchmark::DoNotOptimize(whole);
  }
}
BENCHMARK(decode_attachment)->Name("packet_decode_binary_event")->Apply(counted<>);

}  // namespace
}  // namespace parley::socketio
