// The presence map of a process that is the only one, with 10,000 users online: a second device
// that comes and goes, a user who comes and goes, and a look at fifty.
#include "nodes/local_presence.hpp"

#include "base/benchmarking.hpp"
#include "chat/fakes/run.hpp"

namespace parley::nodes {
namespace {

constexpr std::uint32_t crowd = 10'000;
constexpr Time now{};

/// The same ids in every run, so that the map has the same chains.
chat::UserId user(std::uint32_t number) {
  chat::UserId id{{0x69, 0x20, 0, 0, 1, 2, 3, 4, 5}};
  for (int i = 0; i < 3; ++i) id.bytes[11 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return id;
}

struct Rig {
  Rig() {
    for (std::uint32_t i = 0; i < crowd; ++i) run(presence.arrive(user(i), "phone", now));
  }
  template <class T>
  void run(Task<T> task) {
    auto result = chat::fakes::run(context, std::move(task));
    benchmark::DoNotOptimize(result);
  }

  asio::io_context context{1};
  LocalPresence presence;
};

void second_device(benchmark::State& state) {
  Rig rig;
  std::uint32_t next = 0;
  for (auto _ : state) {
    next = (next + 7'919) % crowd;
    rig.run(rig.presence.arrive(user(next), "laptop", now));
    rig.run(rig.presence.leave(user(next), "laptop", now));
  }
}
BENCHMARK(second_device)->Name("local_presence_second_device")->Apply(counted<>);

void come_and_go(benchmark::State& state) {
  Rig rig;
  std::uint32_t next = crowd;
  for (auto _ : state) {
    next = crowd + (next + 7'919) % crowd;
    rig.run(rig.presence.arrive(user(next), "phone", now));
    rig.run(rig.presence.leave(user(next), "phone", now));
  }
}
BENCHMARK(come_and_go)->Name("local_presence_come_and_go")->Apply(counted<>);

void look_at_fifty(benchmark::State& state) {
  Rig rig;
  std::vector<chat::UserId> asked;
  for (std::uint32_t i = 0; i < 50; ++i) asked.push_back(user(i * 397));
  for (auto _ : state) rig.run(rig.presence.status(asked));
}
BENCHMARK(look_at_fifty)->Name("local_presence_look_at_50")->Apply(counted<>);

}  // namespace
}  // namespace parley::nodes
