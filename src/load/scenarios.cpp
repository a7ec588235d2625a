// The scenarios over sockets whose crowd is one.
#include <algorithm>

#include "load/stage.hpp"
#include "load/traffic.hpp"

namespace parley::load {

namespace {
using Clock = std::chrono::steady_clock;

/// Holds connections and does nothing.
class Nothing final : public Work {
 public:
  SteadyTime tick(SteadyTime) override { return SteadyTime::max(); }
  Tally& tally() override { return tally_; }

 private:
  Tally tally_;
};
}  // namespace

Result<Outcome> run_send(Stage& stage) {
  Loop loop;
  Crowd crowd{loop, stage.address, stage.accounts, {0, stage.plan.users, stage.plan.devices}};
  if (auto joined = bring_in(stage, loop, crowd); !joined) return joined.error();
  Traffic traffic{stage.plan, crowd, new_run()};
  Drive drive{loop, &crowd, &traffic};
  Outcome outcome;
  outcome.connections = crowd.size();
  traffic.begin(Clock::now());
  measure(stage, drive, traffic, outcome);
  const Tally tally = traffic.tally();
  settle(stage.plan, drive, traffic);
  outcome.operations = tally.answered;
  outcome.counts = {{"acknowledged", tally.answered},
                    {"delivered", tally.delivered},
                    {"refused", tally.refused},
                    {"events", tally.events}};
  outcome.times = {{"send to acknowledgement", tally.answers},
                   {"send to receipt", tally.deliveries}};
  judge(traffic, crowd, outcome);
  return outcome;
}

Result<Outcome> run_idle(Stage& stage) {
  Loop loop;
  Crowd crowd{loop, stage.address, stage.accounts, {0, stage.plan.users, stage.plan.devices}};
  const SteadyTime begin = Clock::now();
  if (auto joined = bring_in(stage, loop, crowd); !joined) return joined.error();
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  Nothing nothing;
  Drive drive{loop, &crowd, &nothing};
  Outcome outcome;
  outcome.connections = crowd.size();
  measure(stage, drive, nothing, outcome);
  outcome.counts = {
      {"connected a second",
       static_cast<std::uint64_t>(static_cast<double>(crowd.size()) / std::max(took, 0.001))}};
  outcome.times = {{"begin to joined, 256 at once", crowd.times()}};
  if (crowd.losses() > 0)
    outcome.problems.push_back(std::to_string(crowd.losses()) +
                               " connections broke; the first: " + crowd.first_loss());
  else
    outcome.checked = "every connection was held to the end";
  return outcome;
}

}  // namespace parley::load
