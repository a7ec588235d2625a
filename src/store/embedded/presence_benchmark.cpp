// The presence map with 10,000 users online: a look-up, and a second device that comes and goes,
// which nobody has to be told of and nothing on disk has to change for. The second is not counted:
// where the allocator's free memory lies, after a store was opened, is worth 3 %.
#include "store/embedded/presence.hpp"

#include "base/benchmarking.hpp"
#include "store/embedded/testing.hpp"

namespace parley::store::embedded {
namespace {

using chat::contract::at;

/// The same ids in every run, so that the map has the same chains.
chat::UserId user(std::uint32_t number) {
  chat::UserId id{{0x69, 0x20, 0, 0, 1, 2, 3, 4, 5}};
  for (int i = 0; i < 3; ++i) id.bytes[11 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return id;
}

struct Crowd {
  Crowd() {
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      users.push_back(user(i));
      caller.good(presence.arrive(users.back(), "phone", at(0)));
    }
    // Comes back when everything so far is on disk: nothing goes on beside the loop.
    caller.good(presence.arrive(user(10'000), "phone", at(0)));
    caller.good(presence.leave(user(10'000), "phone", at(0)));
  }

  static Config config(const std::filesystem::path& data) {
    Config made;
    made.directory = data / "db";
    made.alive_interval = std::chrono::hours{1};  // Nothing is written meanwhile.
    return made;
  }

  TemporaryDirectory directory;
  OpenStore store{config(directory.path())};
  net::Shards shards{1};
  net::ShardScope scope{shards[0]};  // So that nothing is posted to another thread.
  Presence presence{shards, *store.database};
  Caller caller;
  std::vector<chat::UserId> users;
};

void look_up(benchmark::State& state) {
  Crowd crowd;
  std::size_t next = 0;
  for (auto _ : state) {
    next = (next + 7'919) % crowd.users.size();
    benchmark::DoNotOptimize(crowd.presence.is_online(crowd.users[next]));
  }
}
BENCHMARK(look_up)->Name("presence_look_up")->Apply(counted<200'000>);

void second_device(benchmark::State& state) {
  Crowd crowd;
  std::size_t next = 0;
  for (auto _ : state) {
    next = (next + 7'919) % crowd.users.size();
    const auto user = crowd.users[next];
    crowd.caller.good(crowd.presence.arrive(user, "laptop", at(1)));
    crowd.caller.good(crowd.presence.leave(user, "laptop", at(2)));
  }
}
BENCHMARK(second_device)->Name("presence_second_device");

}  // namespace
}  // namespace parley::store::embedded
