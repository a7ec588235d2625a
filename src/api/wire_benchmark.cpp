// The event writer: what a message costs as JSON, for its receiver and for its sender.
#include "api/wire.hpp"

#include "base/benchmarking.hpp"
#include "base/object_id.hpp"

namespace parley::api::wire {
namespace {

chat::Message message(std::string content) {
  static ObjectIdSource ids;
  const Time now{std::chrono::milliseconds{1'764'000'000'000}};
  chat::Message made;
  made.id.bytes = ids.next(now);
  made.conversation_id.bytes = ids.next(now);
  made.sender.bytes = ids.next(now);
  made.receiver.bytes = ids.next(now);
  made.content = std::move(content);
  made.seq = 4'711;
  made.client_id = "0b8f9a50-6a3c-4c26-8f0e-0f2a35a1a0c7";
  made.created_at = now;
  return made;
}

void receive(benchmark::State& state, const char* content) {
  const chat::Message sent = message(content);
  MessageText text;
  std::string out;
  for (auto _ : state) {
    text.write(sent);
    out.clear();
    text.append(out, Viewer::other);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK_CAPTURE(receive, plain, "See you at eight, and bring the book that you told me about.")
    ->Name("wire_receive_message")
    ->Apply(counted<>);
BENCHMARK_CAPTURE(receive, escaped, "a \"quoted\" word,\na tab\t, \\ and Grüße aus Köln \U0001F600")
    ->Name("wire_receive_message_escaped")
    ->Apply(counted<>);

/// Everything that both sides are told of one message until it is read.
void whole_life(benchmark::State& state) {
  const chat::Message sent = message(std::string(100, 'x'));
  chat::Message seen = sent;
  seen.delivered_at = seen.read_at = sent.created_at;
  MessageText text;
  std::string out;
  for (auto _ : state) {
    out.clear();
    text.write(sent);
    text.append(out, Viewer::other);
    append_conversation_updated(out, text, Viewer::other, 3);
    append_message_sent(out, sent);
    text.write(seen);
    append_conversation_updated(out, text, Viewer::sender, 0);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(whole_life)->Name("wire_events_of_a_message")->Apply(counted<>);

}  // namespace
}  // namespace parley::api::wire
